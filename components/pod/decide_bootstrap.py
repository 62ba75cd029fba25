"""Decides how a pod with an empty disk enters the ring: with the first ring, by bootstrap, or in the place of a lost member."""
from decide_restart import after_decommission, restart, wait_for_address
from steps import (
    OWED,
    REPAIRED,
    Start,
    StartOver,
    Wait,
    Wipe,
    WritePhase,
    WriteRecord,
    how_to_discard,
    is_member_entry,
    record_unwritable,
)


# --- pods with ordinals -------------------------------------------------------------------------------------------------------------


def bootstrap_ordinal(view):
    record, me = view.record, view.me
    entry = record.get(me, "")
    if entry.startswith("left "):
        return after_decommission(view, entry[5:])
    if is_member_entry(entry):
        return replace(view, me) or Wait(
            "this disk is empty, though %s is a member (%s), and no other member serves CQL. Once one does, this pod streams the data from "
            "the other members; it will not form a second ring" % (me, entry)
        )
    if record.get("formed"):
        return join_by_ordinal(view)
    if record.get("forming"):
        return form_by_ordinal(view, int(record["forming"]))
    if view.has_data:
        return restart(view)
    if entry != "empty":
        return WriteRecord({me: "empty"}, record_unwritable(view))
    if view.ring_ordinal > 0:
        return Wait("%s must record that the first ring forms" % view.first_member())
    replicas = view.desired_replicas()
    if replicas is None:
        return Wait("StatefulSet %s must be readable: it tells the size of the first ring" % me.rpartition("-")[0])
    if all(record.get(pod) == "empty" for pod in view.first_pods(replicas)):
        return WriteRecord({"forming": str(replicas)})
    return Wait("all %s pods must report an empty disk before the first ring forms" % replicas)


def form_by_ordinal(view, size):
    if view.ring_ordinal >= size:
        return Wait("the first %s members must form the ring before this pod joins" % size)
    for other in view.first_pods(size):
        if other != view.me and not view.has_address(other):
            return Wait("DNS must know the address of %s" % view.host(other))
    return Start("bootstrap_ring", view.seed_list(view.first_pods(size)))


def join_by_ordinal(view):
    if view.has_data:
        return Wait(
            "this disk holds data of no member that the ring knows: this pod does not start. To join as a new member, %s"
            % how_to_discard(view)
        )
    silent = next((other for other in view.first_pods(view.ring_ordinal) if not view.serves(other)), None)
    seeds = view.serving_seeds()
    if silent or not seeds:
        return Wait(
            "a ring was formed at %s; %s must serve CQL before this pod joins it"
            % (view.record["formed"], view.host(silent) if silent else "one of its members")
        )
    return join(view, seeds)


# --- pods without ordinals ----------------------------------------------------------------------------------------------------------


def bootstrap_unordered(view):
    record, me = view.record, view.me
    entry = record.get(me, "")
    if is_member_entry(entry):
        return replace(view, me) or Wait(
            "this disk is empty, though %s is a member (%s). Another member must serve CQL, so that this pod can stream the data"
            % (me, entry)
        )
    if record.get("formed") or view.members():
        return join_unordered(view)
    if record.get("forming"):
        return form_unordered(view, record["forming"])
    if view.has_disk_content():
        return Wipe("the first ring did not form")
    if entry != "empty":
        return WriteRecord({me: "empty"}, record_unwritable(view))
    staying = view.pods_that_stay()
    ready = [pod for pod in staying if record.get(pod) == "empty"]
    if len(ready) == view.desired_replicas() == len(staying):
        return WriteRecord({"forming": " ".join(ready)})
    return Wait(
        "all %s pods must report an empty disk before the first ring forms (%s have)" % (view.desired_replicas(), len(ready))
    )


def form_unordered(view, forming):
    pods = forming.split(" ")
    if not all(view.has_pod(pod) for pod in pods):
        return StartOver("a pod was deleted before the first ring had formed: all pods start over")
    if not all(view.has_address(pod) for pod in pods):
        return Wait("the API server must know the addresses of all pods of the first ring (%s)" % forming)
    if view.me not in pods:
        return Wait("the first ring must form before this pod joins (%s)" % forming)
    return begin(view, "forming " + forming, Start("bootstrap_ring", view.seed_list(pods)))


def join_unordered(view):
    record, lost, seeds = view.record, view.lost_members(), view.serving_seeds()
    if lost and lost == view.members():
        return StartOver(
            "every member of the ring formed at %s is gone, and its data with it: a new ring forms" % record.get("formed")
        )
    if not seeds:
        return Wait("a ring exists; one of its members must serve CQL before this pod joins it")
    if lost:
        return replace(view, lost[0])
    silent = next((other for other in view.other_members() if not view.serves(other)), None)
    if silent:
        removal = ". If its node is gone for good, run `/ring/remove-node.sh %s` in another pod of the ring" % silent
        return Wait(
            "member %s must serve CQL before this pod joins, or be gone for good: a silent member cannot stream data%s"
            % (silent, removal if view.disk == "node" else "")
        )
    return join(view, seeds)


# --- both ---------------------------------------------------------------------------------------------------------------------------


def join(view, seeds):
    """Bootstraps, under the topology lock and while no member owes a repair. A new member streams each row from the member that gives it
    up, and a member that owes a repair may lack rows."""
    owing = view.members_owing_repair()
    if owing:
        return Wait("%s must finish its repair: until then it may lack data that this pod would stream" % owing[0])
    conflict = wait_for_address(view)
    if conflict:
        return conflict
    if not view.holds_topology_lock("joins"):
        return view.acquire_topology_lock("joins") or Wait(
            "another topology change must end before this pod joins (%s)" % view.topology_change()
        )
    return begin(view, "joins", Start("bootstrap", seeds))


def replace(view, lost):
    """Takes the place of a member whose disk is lost, one member at a time; None where no other member serves."""
    seeds, change = view.serving_seeds(), "replaces " + lost
    if not seeds:
        return None
    owing = [name for name in view.members_never_repaired() if name not in (view.me, lost) and view.serves(name)]
    if owing:
        return Wait("%s must finish its repair before this pod replaces %s: until then it may lack data of this member" % (owing[0], lost))
    host_id = view.record[lost].split(" ")[0]
    address = view.address_in_ring(host_id)
    if address is None:
        return Wait("another member must tell the address by which the ring knows %s" % lost)
    if not address:
        # Somebody removed the member by hand: there is no place to take. As after each removal (remove_node.py), all others must repair.
        removal = {lost: "empty" if lost == view.me else None, OWED + lost: None, REPAIRED + lost: None}
        others = [name for name in view.other_members() if name != lost]
        return WriteRecord(dict(view.release_topology_lock(), **removal, **view.repairs_of(others)))
    conflict = wait_for_address(view, except_for=lost)
    if conflict:
        return conflict
    if not view.holds_topology_lock(change):
        return view.acquire_topology_lock(change) or Wait(
            "another topology change must end before this pod replaces %s, whose disk is lost (%s)" % (lost, view.topology_change())
        )
    return begin(view, change, Start("replace", seeds, address))


def begin(view, phase, start):
    """Starts once the phase is on the disk, and the disk is empty or holds what the same first ring has begun."""
    if view.phase == phase and (start.mode == "bootstrap_ring" or not view.has_data):
        return start
    if view.has_data or (view.phase and view.phase != phase):
        return Wipe("an earlier start on this disk was given up")
    return WritePhase(phase)
