"""What a pod does next: decided on what is seen, and on nothing else. No function here looks at anything, writes or waits.

A disk goes through these states. What is on the disk tells which one it is in (`member`: the marker; the others: the note of the
way), and what Cassandra has said of itself overrules what was only begun.

    empty ------ forming ------------------------> member      the first ring: all at once, no row was there before
    empty ------ joins ------------> joined -----> member      streams its share; cut off, it begins afresh on an empty disk
    empty ------ replaces <member> -> joined ----> member      streams what a lost disk held; then owes a repair
    member ----- leaving ------------------------> left <UID>  once Cassandra says that it has left the ring
    member ----- leaving ------------------------> member      undone: the container was started again
    left <UID> --------------------> empty                     emptied by the pod that comes after the one with that UID

In the ring record, for each member: `empty`, `<host ID> <address>`, `left <UID>`; and beside them `forming`, `formed`, `moving`
(`<member> joins`, `<member> replaces <member>`, `<member> leaves`, `<member> takes out <member> ...`: whose turn it is, one at a
time, since Cassandra refuses two), `repair.<member>` (the member owes a repair, since then), `superuser`.
"""
import re
from collections import namedtuple

# Come again when it is otherwise; `why` is said.
Wait = namedtuple("Wait", "why")
# Become Cassandra. `mode` is form, join, replace or restart; `lost` the address of the member that is replaced.
Start = namedtuple("Start", "mode seeds lost is_undone", defaults=("", False))
# Write entries to the record, None to delete one, if nobody has written since it was read.
Record = namedtuple("Record", "changes otherwise", defaults=("",))
# Write the note of the way.
Note = namedtuple("Note", "way")
# Empty the disk.
Wipe = namedtuple("Wipe", "why")
# Forget all members: every pod says anew that its disk is empty.
StartOver = namedtuple("StartOver", "why")


def is_host(entry):
    """Whether an entry of the record is that of a member: `<host ID> <address>`."""
    return " " in (entry or "") and not entry.startswith("left ")


def enter(see):
    """How a pod enters the ring; `see` is a ring.View. No Cassandra starts on what a newer one has written."""
    step = way_in(see)
    if isinstance(step, Start) and see.has_data and is_older(see.cassandra, see.written_by):
        step = Wait(
            "an image of Cassandra %s or later: %s has written on this disk, and %s, which is in this image, does not read that. Nothing "
            "was touched; set the image of before again" % ("%d.%d" % series(see.written_by), see.written_by, see.cassandra)
        )
    return waits_without_turn(see, step)


def waits_without_turn(see, step):
    """Who waits lets others move, whom it may be waiting for."""
    if isinstance(step, Wait) and see.record is not None and see.giving_turn():
        return Record(see.giving_turn())
    return step


def is_older(version, other):
    """Whether a version is of an older series than another: within one (5.0.8, 5.0.9), both read what the other writes. Not where either
    is not known."""
    return bool(series(version) and series(other)) and series(version) < series(other)


def series(version):
    found = re.match(r"(\d+)\.(\d+)", version)
    return found and (int(found.group(1)), int(found.group(2)))


def way_in(see):
    """A pod with an empty disk never forms a ring once one was formed."""
    if see.record is None and not see.marker:
        return Wait("the ring record %s to be readable" % see.record_name)
    if see.way.startswith("left"):
        return after_leaving(see, see.way[5:])
    if see.marker and see.states.left:
        return Note("left " + see.uid)
    if see.marker and not see.has_data:
        return Wipe("the rows of member %s are gone from it" % see.marker)
    if see.marker:
        return come_back(see)
    half_done = enter_again(see)
    if half_done:
        return half_done
    return enter_by_ordinal(see) if see.has_ordinals else enter_by_turn(see)


def after_leaving(see, uid):
    """The member of this disk has left the ring: the others hold its rows. The pod that left waits to be deleted."""
    entry = see.record.get(see.me, "") if see.record is not None else None
    if entry is None:
        return Wait("the ring record %s to be readable" % see.record_name)
    if is_host(entry):
        # It could not be written in the minute in which the member left.
        if see.has_ordinals:
            return Record(dict(see.giving_turn(), **{see.me: "left " + uid, "repair." + see.me: None}))
        return Record(dict(see.giving_turn(), **{see.me: None, "repair." + see.me: None}))
    if see.has_ordinals and entry == "left " + see.uid:
        return Wait(
            "this pod to be deleted: its member has left the ring, and the others hold its rows. A pod that comes after it joins anew"
        )
    if see.has_disk():
        return Wipe("its member has left the ring, and the others hold its rows")
    return Record({see.me: "empty"}, "the ring record %s to be writable" % see.record_name)


def come_back(see):
    """This disk holds a member. It comes back as itself, unless somebody else has taken its place meanwhile."""
    if see.record is None:
        return restart(see)
    entry = see.record.get(see.me, "")
    if see.has_ordinals and entry.startswith("left "):
        return after_leaving(see, entry[5:])
    if not see.has_ordinals and see.record.get("formed") and not is_host(entry) and not is_entering(see.way):
        return Wait(
            "this disk holds member %s, which was taken out of the ring; its rows were streamed from their other copies. To join "
            "anew, empty the folder and delete this pod" % see.marker
        )
    # The marker is written before the record: only a disk that is on its way in may be ahead of it.
    if is_host(entry) and entry.split(" ")[0] != see.marker and not see.way:
        return Wait(
            "this disk holds member %s, whose place member %s has taken: it is not let in. Its rows are on the other members; if "
            "they are not, put the disk aside before you delete its claim" % (see.marker, entry.split(" ")[0])
        )
    return restart(see)


def is_entering(way):
    """Whether a pod was on its way in: its marker may be on the disk before the record has it."""
    return way in ("joins", "joined") or way.startswith("replaces ")


def restart(see):
    """Where others serve, they are asked whether this member is one of theirs still: its rows are not up to date otherwise."""
    seeds = see.peers()
    listed = see.is_listed() if seeds else None
    is_undone = see.way == "leaving" or see.states.leaving
    if listed is False and see.way and not is_undone:
        # It ended before it had told anybody that it has joined, and before that went on record.
        return Wipe("no other member knows it: it had not come to the end of joining")
    if listed is False:
        return Wait(
            "this disk holds member %s, which the other members do not list any more: somebody has removed it by hand, and its rows "
            "are not up to date. To join anew, delete its claim and this pod" % see.marker
        )
    if is_undone and see.record is not None and seeds and listed is None:
        return Wait("another member to tell whether this one is in the ring: it ended in a decommission")
    if is_undone and see.record is not None and not seeds and see.others() and not is_alone(see):
        return Wait("another member to serve CQL, and to tell whether this one is in the ring: it ended in a decommission")
    return at_anothers_address(see) or Start("restart", seeds or see.first_seeds(), "", is_undone)


def at_anothers_address(see, lost=""):
    """Wait, while the ring knows another member by the address that this pod has by now: let in there, this one would take its place in
    the eyes of the others, who would forget that one and its rows. Cassandra refuses to start where one of them says so."""
    other = see.known_at_this_address(lost)
    if not other:
        return None
    # Where its rows go with it, a pod that is deleted before it has started loses them.
    way = "" if see.disk == "pod" else ". `kubectl delete pod %s` gives this one another address, as the next `pulumi up` does" % see.name
    return Wait("%s to be back at another address: the ring knows it by %s, which this pod has by now%s" % (other, see.address, way))


def is_alone(see):
    """Whether no other member has run for so long that all may be waiting for one another, as where several ended in a decommission.
    This one has not heard Cassandra say that it has left, and it has every row that it ever had."""
    return see.looks >= LONELY and not any(see.runs(one) for one in see.others())


# Looks in which nobody serves, after which a member no longer waits for another one to tell that it is in the ring: two minutes or more.
LONELY = 120


def enter_again(see):
    """A disk on which something was begun before it became a member; None where it is empty, or where the record has to tell."""
    entry = see.record.get(see.me, "")
    if see.way == "joined":
        if see.states.anew:
            return Wipe("Cassandra does not take it for a member: it had not come to the end of joining")
        # Cassandra notes on the disk that it has joined a moment before it tells the others. Where it ended in between, it would come
        # back as a member to which nobody has sent what was written meanwhile.
        known = see.is_known()
        if known is None:
            return Wait("another member to serve CQL, and to tell whether this one has joined")
        if not known:
            return Wipe("no other member knows it: it had not come to the end of joining")
        return at_anothers_address(see) or Start("restart", see.peers())
    if is_entering(see.way):
        if see.states.finished:
            # It may be a member that nobody has noted yet, and hold the only copies of what was written since.
            return Note("joined")
        if see.has_data:
            # What a half of a bootstrap has left would be taken for all of it (4.x), or for that of a member (a replacement).
            return Wipe("an earlier try to enter the ring was cut off")
        return None
    if see.has_data and is_host(entry) and (see.way.startswith("forming") or not see.way):
        return restart(see)
    if see.disk == "node" and see.has_data and not see.way:
        return Wait(
            "this folder of the node holds rows of no member that the ring knows; empty it, or choose another one"
        )
    return None


# --- pods with ordinals -------------------------------------------------------------------------------------------------------


def enter_by_ordinal(see):
    record, me = see.record, see.me
    entry = record.get(me, "")
    if entry.startswith("left "):
        return after_leaving(see, entry[5:])
    if is_host(entry):
        return replace(see, me) or Wait(
            "this disk is empty, though %s is a member (%s), and no other member serves CQL; it will stream its rows from them and "
            "will not form a second ring" % (me, entry)
        )
    if record.get("formed"):
        return join_by_ordinal(see)
    if record.get("forming"):
        size = int(record["forming"])
        if see.place >= size:
            return Wait("the first %s members to form the ring" % size)
        for other in see.first(size):
            if other != me and not see.has_address(other):
                return Wait("%s to have an address" % see.host(other))
        return Start("form", see.seeds(see.first(size)))
    if see.has_data:
        return restart(see)
    if entry != "empty":
        return Record({me: "empty"}, "the ring record %s to be writable" % see.record_name)
    if see.place > 0:
        return Wait("%s to say that the first ring forms" % see.first(1)[0])
    wanted = see.wanted()
    if wanted is None:
        return Wait("the set %s to be readable" % me.rpartition("-")[0])
    if all(record.get(pod) == "empty" for pod in see.first(wanted)):
        return Record({"forming": str(wanted)})
    return Wait("all %s pods to say that their disks are empty, to form the first ring" % wanted)


def join_by_ordinal(see):
    if see.has_data:
        return Wait(
            "this disk holds rows of no member that the ring knows: it is not let in. To join anew, delete its claim and this pod"
        )
    silent = next((other for other in see.first(see.place) if not see.serves(other)), None)
    seeds = see.peers()
    if silent or not seeds:
        return Wait(
            "a ring was formed at %s; %s must serve CQL before this pod joins it"
            % (see.record["formed"], see.host(silent) if silent else "one of its members")
        )
    return join(see, seeds)


# --- pods without ordinals ----------------------------------------------------------------------------------------------------


def enter_by_turn(see):
    record, me = see.record, see.me
    entry = record.get(me, "")
    if is_host(entry):
        return replace(see, me) or Wait(
            "this disk is empty, though %s is a member (%s); to stream its rows, another member to serve CQL" % (me, entry)
        )
    if record.get("formed") or see.members():
        return join_by_turn(see)
    if record.get("forming"):
        pods = record["forming"].split(" ")
        if not all(see.has_pod(pod) for pod in pods):
            return StartOver("a pod is gone before the first ring had formed: starting over")
        if not all(see.has_address(pod) for pod in pods):
            return Wait("the addresses of all pods of the first ring (%s)" % record["forming"])
        if me not in pods:
            return Wait("the first ring to form (%s)" % record["forming"])
        return begin(see, "forming " + record["forming"], Start("form", see.seeds(pods)))
    if see.has_disk():
        return Wipe("a first ring did not come about")
    if entry != "empty":
        return Record({me: "empty"}, "the ring record")
    ready = sorted(pod for pod in see.pods() if record.get(pod) == "empty" and not see.is_leaving(pod))
    if len(ready) == see.wanted() == len([pod for pod in see.pods() if not see.is_leaving(pod)]):
        return Record({"forming": " ".join(ready)})
    return Wait(
        "all %s pods to say that their disks are empty, to form the first ring (%s have)" % (see.wanted(), len(ready))
    )


def join_by_turn(see):
    record, gone, seeds = see.record, see.gone(), see.peers()
    if gone and gone == see.members():
        return StartOver(
            "every member of the ring formed at %s is gone, and its rows with it: forming anew" % record.get("formed")
        )
    if not seeds:
        return Wait("a ring exists; one of its members must serve CQL before this pod joins it")
    if gone:
        return replace(see, gone[0])
    silent = next((other for other in see.others() if not see.serves(other)), None)
    if silent:
        return Wait(
            "member %s to serve CQL, or to be gone for good: its share cannot move while it is silent" % silent
        )
    return join(see, seeds)


# --- both ---------------------------------------------------------------------------------------------------------------------


def join(see, seeds):
    """Streams this pod's share, when it is its turn and nobody owes a repair: a newcomer streams each row from the member that loses it,
    and one that is not whole yet may be that."""
    owing = see.owing()
    if owing:
        return Wait("%s to be repaired, which took a lost member's place" % owing[0])
    elsewhere = at_anothers_address(see)
    if elsewhere:
        return elsewhere
    if not see.has_turn("joins"):
        return see.taking_turn("joins") or Wait("its turn to join (%s)" % see.record["moving"])
    return begin(see, "joins", Start("join", seeds))


def replace(see, lost):
    """Takes the place of a member whose disk is gone, one at a time; None where no other member serves."""
    seeds, what = see.peers(), "replaces " + lost
    if not seeds:
        return None
    owing = [one for one in see.owing_all() if one not in (see.me, lost) and see.serves(one)]
    if owing:
        return Wait("%s to be repaired, which took a lost member's place before" % owing[0])
    host_id = see.record[lost].split(" ")[0]
    address = see.address_in_ring(host_id)
    if address is None:
        return Wait("another member to tell under which address it knows %s" % lost)
    if not address:
        # Somebody has removed it by hand: there is no place to take.
        return Record(dict(see.giving_turn(), **{lost: "empty" if lost == see.me else None, "repair." + lost: None}))
    elsewhere = at_anothers_address(see, lost)
    if elsewhere:
        return elsewhere
    if not see.has_turn(what):
        return see.taking_turn(what) or Wait(
            "its turn to take the place of %s, which is gone (%s)" % (lost, see.record["moving"])
        )
    return begin(see, what, Start("replace", seeds, address))


def begin(see, way, start):
    """Before Cassandra starts: the disk is empty, or holds what the same way to a first ring has left, and the note is on it."""
    if see.way == way and (start.mode == "form" or not see.has_data):
        return start
    if see.has_data or (see.way and see.way != way):
        return Wipe("what was begun on this disk came to nothing")
    return Note(way)


# --- leaving ------------------------------------------------------------------------------------------------------------------

# It has left: note that, on the disk first.
LEFT = "left"
# Its decommission goes on, whoever began it: come again.
WATCH = "watch"
# Have Cassandra begin, or go on with, its decommission.
DECOMMISSION = "decommission"
# It can do neither in the mode that it is in.
UNABLE = "unable"


def leave(states, mode):
    """
    What comes next for a member that is to leave, by the mode that Cassandra tells. A second `nodetool decommission` during a
    decommission ends at once and well, and one may end in any way after it has come through: no exit code says anything.
    """
    if mode == "DECOMMISSIONED" or (mode == "DECOMMISSION_FAILED" and states.left):
        return LEFT
    if mode == "LEAVING":
        return WATCH
    if mode in ("NORMAL", "DECOMMISSION_FAILED"):
        # A failed one goes on in the same process: its new owners have been sent all that was written meanwhile.
        return DECOMMISSION
    return UNABLE


def go(see, serves_cql, mode):
    """
    How a pod without ordinal goes, once it is told to end: Wait, Record, StartOver, or Go with a word: `drain` when it comes back to its
    disk, `leave` when its rows are to be handed over, `start anew` when it cannot do that as it is, `end` when there is nothing to do.
    `serves_cql` tells whether this member itself does.
    """
    if see.wanted() == 0:
        return Go("end", "the whole ring is taken down: going without a hand-over")
    if not see.goes:
        return Go("drain")
    if see.way.startswith("left"):
        return after_leaving_for_good(see)
    is_entering_now = see.has_turn("joins") or see.record.get("moving", "").startswith(see.me + " replaces ")
    if is_entering_now and mode:
        # Broken off, it might become a member at the very moment at which it ends, and be missed by nobody.
        return Wait("this pod to have joined: what it streamed, it then hands over")
    if may_be_member(see):
        return waits_without_turn(see, hand_over(see, serves_cql, mode))
    if see.me in see.record.get("forming", "").split(" "):
        return StartOver("this pod goes while the first ring forms: starting over")
    if is_entering_now:
        return Record({see.me: None, "moving": None})
    return Record({see.me: None}) if see.me in see.record else Go("end")


def may_be_member(see):
    """By the record, or by the disk, which knows it first: a member that ended before the record did is one all the same."""
    has_joined = see.marker or see.way == "joined" or see.states.finished
    return is_host(see.record.get(see.me)) or bool(is_entering(see.way) and has_joined)


def has_rows_to_hand_over(see):
    """Whether a pod that is asked to end before Cassandra has started holds a member's rows, which go with it."""
    if see.record is None:
        return see.has_disk()
    return see.goes and see.has_disk() and may_be_member(see) and see.wanted() != 0 and has_heirs(see)


def has_heirs(see):
    """Whether there is another member that rows can be handed over to, or one is to come."""
    return see.has_heirs or any(see.has_pod(one) for one in see.others())


# What a pod that goes does: end, drain or leave; `why` is said.
Go = namedtuple("Go", "deed why", defaults=("",))


def after_leaving_for_good(see):
    changes = see.giving_turn()
    if is_host(see.record.get(see.me)):
        changes = dict(changes, **{see.me: None, "repair." + see.me: None})
    return Record(changes) if changes else Go("end")


def hand_over(see, serves_cql, mode):
    if mode in ("LEAVING", "DECOMMISSIONED", "DECOMMISSION_FAILED"):
        return Go("leave")
    if not has_heirs(see):
        return Go("end", "no other member and none to come: the rows go with this pod")
    if not any(see.has_pod(one) for one in see.others()):
        return Wait("another member to hand the rows over to")
    if see.states.mode == "DRAINED":
        # It flushed to come back to its disk, and goes for good by now. Whoever has flushed listens to no other member.
        return Go("start anew", "this member takes no part in anything since it has flushed: it starts anew, to hand its rows over")
    if not serves_cql:
        return Wait("this member to have started, so that it can hand its rows over")
    if not is_host(see.record.get(see.me)):
        return Wait("this member to be on record")
    owing = [one for one in see.owing_all() if one != see.me and see.serves(one)]
    if owing:
        return Wait("%s to be repaired, which took a lost member's place" % owing[0])
    if not see.has_turn("leaves"):
        return see.taking_turn("leaves") or Wait("its turn to leave (%s)" % see.record["moving"])
    return Go("leave")
