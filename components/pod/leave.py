"""How a member leaves the ring: its rows are streamed to the others first, whoever has it leave, and it is noted as left only once
Cassandra says so.

    leave.py decommission    at the word of `pulumi up`; why it failed stands in decommission.failed, where who watches it looks
    leave.py stop            preStop, and the signal to process 1: as often as it takes
    leave.py forget NODE     by hand: takes the member of a node that is gone for good out of the ring
"""
import os
import sys

import around
import decisions
import member
import record
import ring
import roles
from around import say, wait_for


class Failed(Exception):
    """The member could not leave, and is one still; why is in the message."""


def forget_sent():
    """@raises roles.Refused"""
    if around.read_scratch("owes-forgetting") is not None:
        roles.forget_sent()
        around.remove_scratch("owes-forgetting")


def note():
    """The member has left: first on its own disk, then in the record. Only then may anything be emptied."""
    with around.lock("note.lock", waits=True):
        see = ring.look_until_known()
        if not decisions.is_host(see.record.get(see.me)) and not see.has_disk():
            return  # whoever else saw it has noted it
        around.write(around.WAY, "left " + around.UID)
        around.remove(around.MARKER)
        ring.settle(entries_of_left)
        if see.has_ordinals:
            # Cassandra still runs, without a part in any ring; what it writes meanwhile goes when a pod comes to this volume again.
            around.wipe()
            say("left: the other members hold all rows, and this disk is empty")
        else:
            say("left: the other members hold all rows")


def entries_of_left(see):
    entries = dict(see.giving_turn(), **{see.me: "left " + around.UID if see.has_ordinals else None, "repair." + see.me: None})
    return {key: value for key, value in entries.items() if see.record.get(key) != value}


def leave(is_called_off=lambda: False):
    """Has Cassandra leave the ring, or goes on with what it does already. Returns whether it has left; false when it was called off.
    @raises Failed"""
    running = None
    while True:
        # Asked before the mode: one that ends in between is looked at again.
        goes_on = running and not running.is_over()
        mode = member.mode()
        step = decisions.leave(member.states(), mode)
        if step == decisions.LEFT:
            note()
            return True
        if goes_on:
            step = decisions.WATCH
        if step == decisions.UNABLE:
            raise Failed("Cassandra is %s" % (mode or "silent"))
        if step == decisions.DECOMMISSION:
            if running:
                raise Failed(running.last_words() or "Cassandra has given the decommission up (%s)" % mode)
            running = begin(mode)
        if is_called_off():
            return False
        around.sleep(around.PAUSE)


def begin(mode):
    if mode == "NORMAL":
        see = ring.look_until_known()
        try:
            roles.leave_to_others(see)
            forget_sent()
        except roles.Refused as refusal:
            raise Failed(refusal)
        around.write(around.WAY, "leaving")
    # Forced: keyspaces of Cassandra's own want more copies than a small ring has members. Those of users were looked at before.
    return around.Running(["nodetool", "decommission", "--force"])


# --- at the word of `pulumi up` ---------------------------------------------------------------------------------------------------


def decommission():
    lock = around.lock("decommission.lock", waits=False)
    if lock is None:
        return  # it is under way
    around.remove_scratch("decommission.failed")
    say("moving the rows of %s to the other members, to leave the ring" % around.MEMBER)
    try:
        if member.mode() == "NORMAL":
            await_record()
            take_turn()
        leave()
    except Failed as failure:
        say("could not leave:", failure)
        around.write_scratch("decommission.failed", str(failure))
        ring.settle(lambda see: see.giving_turn())
        sys.exit(1)


def await_record():
    """Until the record and this disk agree on who is the member, which is the end of its join: that would raise the copies of the roles
    after they were lowered, so that nobody could ever log in again, and give a turn back that is a leaver's by now."""
    while True:
        see = ring.look_until_known()
        entry = see.record.get(see.me)
        if see.marker and decisions.is_host(entry) and entry.split(" ")[0] == see.marker:
            return
        around.sleep(1)


def take_turn():
    """@raises Failed while another member moves its rows"""
    while True:
        see = ring.look_until_known()
        if see.has_turn("leaves"):
            return
        taking = see.taking_turn("leaves")
        if taking is None:
            raise Failed("one move of data at a time (%s)" % see.record["moving"])
        ring.change(see, taking.changes)


# --- when the pod ends ------------------------------------------------------------------------------------------------------------


def drain():
    if around.listens(around.ADDRESS, around.GOSSIP):
        around.nodetool("drain")


def stop():
    """A pod of a set comes back to its volume, whatever ends it: it flushes, so that the next start has no commit log to replay. One
    without ordinal hands its rows over, if its disk goes with it and the ring stays."""
    if os.environ["POD_IDENTITY"] == "ordinal":
        return drain()
    unknown = 0
    while True:
        try:
            see = ring.look()
        except record.Unknown:
            # Said again and again: one answer may be that of a server that has just started.
            unknown += 1
            if unknown < 10:
                around.sleep(around.PAUSE)
                continue
            return say("the API server no longer knows this pod: going without a hand-over")
        unknown = 0
        if see.record is None:
            wait_for("the API server, to know whether this pod goes for good")
            continue
        is_started = around.listens(around.ADDRESS, around.GOSSIP)
        mode = member.mode() if is_started else ""
        step = decisions.go(see, around.listens(around.ADDRESS, around.CQL), mode)
        if isinstance(step, decisions.Wait):
            wait_for(step.why)
        elif isinstance(step, decisions.Go):
            if step.deed == "start anew":
                # Its disk says so until Cassandra has started again, which may take a while.
                around.end_cassandra()
                wait_for(step.why)
                continue
            if step.why:
                say(step.why)
            if step.deed == "drain":
                return drain()
            if step.deed == "end" or hand_over(see, mode):
                return None
        else:
            is_over = isinstance(step, decisions.StartOver)
            if ring.change(see, see.starting_over() if is_over else step.changes) and is_over:
                return None


def hand_over(see, mode):
    """One try. True once there is nothing left to hand over."""
    # Rows cannot be handed over to those that are gone; one that leaves already can take nobody out.
    if mode == "NORMAL" and not take_out(see, see.gone()):
        give_turn()
        around.sleep(around.PAUSE)
        return False
    say("handing the rows of %s over to the other members" % around.MEMBER)
    try:
        if not leave(is_ring_taken_down):
            say("the whole ring is taken down: breaking the hand-over off")
        return True
    except Failed as failure:
        say("the hand-over failed; it is tried again: %s" % failure)
        give_turn()
        around.sleep(10)
        return False


def give_turn():
    ring.settle(lambda see: see.giving_turn())


def is_ring_taken_down():
    try:
        see = ring.look()
    except record.NoAnswer:
        return False
    return see.record is not None and see.wanted() == 0


# --- members that are gone ----------------------------------------------------------------------------------------------------------


def take_out_dead():
    """Takes members out of the ring that are gone and that no new pod replaces: of a node that was taken away, of a ring that was made
    smaller meanwhile. Their disks are gone, so no row can come back with them. The first of the members does it."""
    try:
        see = ring.look()
    except record.NoAnswer:
        return
    if see.record is None:
        return
    is_asked = see.gone() and not see.goes and see.me == see.first_member()
    if not is_asked or not all(see.is_member(pod) for pod in see.pods()):
        # A turn that was taken though the answer was lost; a pod that has come since is to have it, to take the place.
        if see.record.get("moving", "").startswith(see.me + " takes out "):
            give_turn()
        return
    if take_turn_to_take_out(see, see.gone()):
        take_out(see, see.gone())
        give_turn()


def take_turn_to_take_out(see, members):
    what = "takes out " + " ".join(members)
    taking = see.taking_turn(what)
    return see.has_turn(what) or (taking is not None and ring.change(see, taking.changes))


def take_out(see, members):
    """Removes members that are gone; the others stream what they held from its other copies. Whether all of it has come about. Every other
    member serves meanwhile: one that is down would own rows afterwards that nobody has sent it."""
    silent = [one for one in see.others() if one not in members and not see.serves(one)] if members else []
    if silent:
        wait_for("member %s to serve CQL before %s is taken out of the ring" % (silent[0], members[0]))
        return False
    for one in members:
        say("taking out member %s (%s): its disk is gone" % (one, see.record[one]))
        code, _, complaint = around.nodetool("removenode", see.record[one].split(" ")[0])
        if code != 0 and "Host ID not found" not in complaint:
            say("it cannot be taken out now:", complaint)
            return False
        ring.settle(lambda seen: entries_without(seen, one))
    if members:
        roles.keep_on_those_left()
    return True


def entries_without(see, lost):
    """What is written once a member is taken out. Whoever went down meanwhile has not been sent what it owns since, and owes a repair."""
    down = [one for one in see.others() if one != lost and not see.serves(one)]
    return dict({lost: None, "repair." + lost: None}, **{"repair." + one: member.now() for one in down})


def forget(lost):
    see = ring.look_until_known()
    if not see.is_member(lost):
        sys.exit("%s is no member of the ring; members are: %s" % (lost, " ".join(see.members())))
    if see.has_pod(lost):
        sys.exit("%s still has a pod; take it from the nodes that the ring picks instead" % lost)
    if not take_turn_to_take_out(see, [lost]):
        sys.exit("wait: " + see.record.get("moving", "the record has changed"))
    done = take_out(see, [lost])
    give_turn()
    sys.exit(0 if done else 1)


if __name__ == "__main__":
    {"decommission": decommission, "stop": stop, "forget": forget}[sys.argv[1]](*sys.argv[2:])
