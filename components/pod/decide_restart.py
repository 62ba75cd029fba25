"""Decides what becomes of a disk that holds something: a member, one that has left, or an interrupted start."""
from steps import (
    Start,
    Wait,
    Wipe,
    WritePhase,
    WriteRecord,
    how_to_discard,
    is_entering,
    is_member_entry,
    record_unreadable,
    record_unwritable,
)

# Views in which no other member runs, after which a member no longer waits for another one: two minutes or more.
ATTEMPTS_ALONE = 120

# Views without any answer, neither of the API server nor of another member, after which a member starts all the same: half a minute or
# more. The proxy of a service mesh may start after this container, and no connection works before.
ATTEMPTS_WITHOUT_NETWORK = 20


def after_decommission(view, uid):
    """The member of this disk has left the ring, and the other members hold its data. `uid` is that of the pod in which it left."""
    entry = view.record.get(view.me, "") if view.record is not None else None
    if entry is None:
        return record_unreadable(view)
    if is_member_entry(entry):
        # The member left while the API server was away, and its pod ended before the record could be written.
        left = "left " + uid if view.has_ordinals else None
        return WriteRecord(view.leaving_entries(left))
    if view.has_ordinals and entry == "left " + view.uid:
        return Wait(
            "this pod must be deleted: its member has left the ring, and the other members hold its data. The next pod of this name "
            "joins as a new member"
        )
    if view.has_disk_content():
        return Wipe("its member has left the ring, and the other members hold its data")
    return WriteRecord({view.me: "empty"}, record_unwritable(view))


def restart_member(view):
    """This disk holds a member. The member restarts, unless another one has taken its place."""
    if view.record is None:
        return restart(view)
    if not differs_from_record(view):
        return restart(view)
    # The record may be an older copy that somebody has restored, or edited: the ring itself tells whether this member is in it.
    listed = view.is_listed()
    if listed is None and view.other_members():
        return Wait(
            "another member must serve CQL and tell whether this one is in the ring: the ring record does not list member %s of this disk"
            % view.host_id
        )
    if listed:
        return restart(view)
    entry = view.record.get(view.me, "")
    if view.has_ordinals and entry.startswith("left "):
        return after_decommission(view, entry[5:])
    if not is_member_entry(entry):
        return Wait(
            "this disk holds member %s, which was removed from the ring; the other members have streamed its data from the other "
            "replicas. To join as a new member, %s" % (view.host_id, how_to_discard(view))
        )
    return Wait(
        "this disk holds member %s, which member %s has replaced: this pod does not start. The other members should hold the data. "
        "If they do not, copy the disk first. To join as a new member, %s" % (view.host_id, entry.split(" ")[0], how_to_discard(view))
    )


def differs_from_record(view):
    """Whether the record has something else for this pod than the member of its disk. The host ID is written to the disk before the
    record: a disk that is on its way into the ring is ahead of the record."""
    entry = view.record.get(view.me, "")
    if is_member_entry(entry):
        return entry.split(" ")[0] != view.host_id and not view.phase
    if view.has_ordinals:
        return entry.startswith("left ")
    return bool(view.record.get("formed")) and not is_entering(view.phase)


def restart(view):
    """Where other members serve, they are asked whether they list this one. A member that they do not list has outdated data."""
    seeds = view.serving_seeds()
    if view.record is None and not seeds and view.attempts < ATTEMPTS_WITHOUT_NETWORK:
        return Wait(
            "the API server or another member must answer: without a network, as before the proxy of a service mesh is ready, Cassandra "
            "would end again. In half a minute, this member starts all the same (%s)" % view.no_answer
        )
    listed = view.is_listed() if seeds else None
    undo_decommission = view.phase == "leaving" or view.state_log.leaving
    if listed is False and view.phase and not undo_decommission:
        # The pod ended before Cassandra had announced the member, and before the record had it.
        return Wipe("no other member lists this one: its bootstrap had not finished")
    if listed is False:
        return Wait(
            "this disk holds member %s, which the other members no longer list: somebody removed it by hand, and its data is outdated. "
            "The other members should hold the data. If they do not, copy the disk first. To join as a new member, %s"
            % (view.host_id, how_to_discard(view))
        )
    if undo_decommission and view.record is not None and seeds and listed is None:
        return Wait("another member must tell whether this one is in the ring: its last start ended during a decommission")
    if undo_decommission and view.record is not None and not seeds and view.other_members() and not is_alone(view):
        return Wait(
            "another member must serve CQL and tell whether this one is in the ring: its last start ended during a decommission"
        )
    return wait_for_address(view) or Start("restart", seeds or view.full_restart_seeds(), "", undo_decommission)


def wait_for_address(view, except_for=""):
    """Wait, while the ring knows another member by this pod's address. Cassandra refuses to start there where it knows the conflict. A
    member that started there would take the other one's place: the others would forget that one and its data."""
    other = view.member_with_this_address(except_for)
    if not other:
        return None
    # Data in the pod itself would be lost with the pod.
    gives_another = ". `kubectl delete pod -n NAMESPACE %s` gives this pod another address; the next `pulumi up` does so too" % view.pod_name
    advice = "" if view.disk == "pod" else gives_another
    return Wait("%s must come back at another address: the ring knows it by %s, which this pod has now%s" % (other, view.address, advice))


def is_alone(view):
    """Whether no other member has run for so long that all may be waiting for one another, as after several interrupted decommissions.
    Cassandra has not logged that this member left, so that the disk holds all its data."""
    return view.attempts >= ATTEMPTS_ALONE and not any(view.runs(name) for name in view.other_members())


def resume_interrupted_start(view):
    """A disk on which something was begun before it held a member. None where the disk is empty, or where the record has to tell."""
    entry = view.record.get(view.me, "")
    if view.phase == "joined":
        if view.state_log.bootstrap_again:
            return Wipe("Cassandra does not accept it as a member's: the bootstrap had not finished")
        # Cassandra notes the end of its bootstrap a moment before it announces the member. If the pod ended in between, no other member
        # has sent it what was written since.
        has_joined = view.has_joined()
        if has_joined is None:
            return Wait("another member must serve CQL and tell whether this one has joined")
        if not has_joined:
            return Wipe("no other member lists this one: its bootstrap had not finished")
        return wait_for_address(view) or Start("restart", view.serving_seeds())
    if is_entering(view.phase):
        if view.state_log.bootstrap_finished:
            # The disk may hold a member that the record does not know yet, and the only replica of what was written since.
            return WritePhase("joined")
        if view.has_data:
            # Cassandra would take half of the data for all of it (4.x), or start as an ordinary member (a replacement).
            return Wipe("an earlier bootstrap was interrupted")
        return None
    if view.has_data and is_member_entry(entry) and (view.phase.startswith("forming") or not view.phase):
        return restart(view)
    if view.disk == "node" and view.has_data and not view.phase:
        return Wait(
            "the folder of this node holds data of no member that the ring knows. Empty the folder, or choose another one (hostPath)"
        )
    return None
