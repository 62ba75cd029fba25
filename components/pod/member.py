"""Runs beside Cassandra: puts the member on record once it is part of the ring, and does what it owes the others from then on.

    member.py form|join|replace|restart [closed]
"""
import os
import sys
import threading
import time

import around
import certificates
import decisions
import gossip
import leave
import record
import ring
import roles
from around import say
from states import States


def states():
    return States(around.read(around.STATES))


def mode():
    """The mode that Cassandra is in, as it says itself; empty while it says none."""
    told = states().mode
    if told:
        return told
    _, printed, _ = around.nodetool("netstats")
    return next((line[6:].strip() for line in printed.split("\n") if line.startswith("Mode: ")), "")


def await_membership(closed):
    """Until Cassandra is a NORMAL part of the ring. A join that failed ends the process, so that it is tried again: Cassandra itself
    stays up and does nothing more."""
    while not (mode() == "NORMAL" if closed else around.listens(around.ADDRESS, around.CQL)):
        now = states()
        if now.mode == "JOINING_FAILED":
            say("joining has failed: it is tried again, on an empty disk")
            around.end_cassandra()
            sys.exit()
        if now.anew:
            say("Cassandra does not take this disk for a member's: it joins anew, on an empty one")
            around.end_cassandra()
            sys.exit()
        around.sleep(1)


# --- the first ring -----------------------------------------------------------------------------------------------------------


def await_first_ring():
    """Until this member itself sees all others of the first ring: CQL opens only then, since a coordinator could put a row before that
    where its owner will not look. Returns its host ID."""
    if ring.look_until_known(5).has_ordinals:
        return await_ordinals()
    return await_pods()


def has_made_keyspaces():
    """Whether Cassandra has come so far in its first start as to make the keyspaces that it does with others, a second or two before it
    is a member. nodetool costs the CPU time of a second, which all members want just then: asked sooner, it slows them down."""
    return bool(around.folders("data/system_auth"))


def await_ordinals():
    see = ring.look_until_known(5)
    size = int(see.record["forming"])
    for pod in see.first(size):
        while not around.listens(see.host(pod), around.GOSSIP):
            around.sleep(1)
    while not has_made_keyspaces():
        around.sleep(1)
    while True:
        members = gossip.seen_up("N")
        if len(members) == size and around.ADDRESS in members:
            return members[around.ADDRESS]
        around.sleep(1)


def await_pods():
    """All of them go on record at once, so that none can be missed that dies a moment later. If one is gone before that, all start
    over."""
    first = around.read(around.WAY)[len("forming ") :].split(" ")
    while True:
        around.sleep(around.PAUSE)
        try:
            see = ring.look()
        except record.NoAnswer:
            continue
        if see.record is None:
            continue
        is_on_record = decisions.is_host(see.record.get(see.me))
        still_forming = see.record.get("forming", "").split(" ") == first
        if not is_on_record and not (still_forming and all(see.has_pod(pod) for pod in first)):
            say("the first ring (%s) did not come about: starting over" % " ".join(first))
            if still_forming:
                ring.change(see, see.starting_over())
            around.end_cassandra()
            sys.exit()
        if not has_made_keyspaces() or not all(around.listens(see.host(pod), around.GOSSIP) for pod in first):
            continue
        members = gossip.seen_up("N")
        if not all(see.host(pod) in members for pod in first):
            continue
        entries = {pod: "%s %s" % (members[see.host(pod)], see.host(pod)) for pod in first}
        if is_on_record or ring.change(see, dict(entries, forming=None, formed=now())):
            return members[around.ADDRESS]


# --- on record ----------------------------------------------------------------------------------------------------------------


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def host_id():
    while True:
        _, printed, _ = around.nodetool("info")
        line = next((line for line in printed.split("\n") if line.startswith("ID")), "")
        if around.uuid_in(line):
            return around.uuid_in(line)
        around.sleep(1)


def put_on_record(host):
    """First on the disk, then in the record; the note of how it came in goes last, since it tells why the two may differ."""
    around.write(around.MARKER, host)
    claim = os.environ.get("RING_CLAIM")
    while claim:
        try:
            record.own("%s-%s" % (claim, around.MEMBER))
            break
        except record.NoAnswer:
            around.sleep(5)
    ring.settle(lambda see: entries_of(see, host))
    around.remove(around.WAY)


def entries_of(see, host):
    entries = dict(see.giving_turn(), **{see.me: "%s %s" % (host, see.address)})
    if around.is_there(around.REPAIR) and "repair." + see.me not in see.record:
        entries["repair." + see.me] = now()
    if not see.has_ordinals:
        # Folders of nodes outlive the record: what they hold is a ring that was formed before it.
        if not see.record.get("formed"):
            entries["formed"] = now()
        replaced = see.record.get("moving", "").split(" replaces ")
        if replaced[0] == see.me and replaced[-1] != see.me:
            entries[replaced[-1]] = entries["repair." + replaced[-1]] = None
    return {key: value for key, value in entries.items() if see.record.get(key) != value}


# --- from then on -------------------------------------------------------------------------------------------------------------


def keep_repaired():
    """A debt may come to a member that runs as well: of one that did not answer while another was taken out of the ring (leave.py)."""
    repair()
    while os.environ["POD_IDENTITY"] != "ordinal":
        around.sleep(60)
        repair()


def repair():
    """What a member that replaces another has streamed comes from one other copy of each row, and that may have missed a write which
    the lost disk had acknowledged with a third one: QUORUM would not see it without both of these being compared. Until it has
    ended, the record tells that it is owed, and nobody else goes."""
    key = "repair." + around.MEMBER
    while around.is_there(around.REPAIR) or key in (ring.look_until_known(5).record or {}):
        say("comparing this member's rows with their other copies (nodetool repair)")
        code, _, complaint = around.nodetool("repair", "--full")
        if code == 0:
            # First the record: what is left on the disk is done again, what is left on record would hold everybody up.
            ring.settle(lambda see: {key: None} if key in see.record else {})
            around.remove(around.REPAIR)
            say("repaired: this member has every row that another copy has")
            return
        see = ring.look_until_known(5)
        silent = [one for one in see.others() if not see.serves(one)]
        if silent and around.nodetool("repair", "--full", "--force")[0] == 0:
            # One that is down may be one whose disk is lost as well: its place is taken only once this member is as whole as it can be.
            ring.settle(lambda see: {key: "%s without %s" % (now(), silent[0])} if key in see.record else {})
            say("repaired with all members but %s, which does not serve" % " ".join(silent))
        say("the repair is tried again in a minute: %s" % complaint)
        around.sleep(60)


def forget_sent():
    """Another decommission sends everything anew, whatever an earlier one sent that came to nothing."""
    while True:
        try:
            return leave.forget_sent()
        except roles.Refused:
            around.sleep(10)


def watch():
    """A decommission that somebody began by hand ends as any other: the record follows the ring."""
    while decisions.leave(states(), states().mode) != decisions.LEFT:
        around.sleep(5)
    leave.note()
    see = ring.look_until_known()
    if not see.has_ordinals and not see.goes:
        around.end_cassandra()  # and joins anew: the ring is to have as many members as there are pods


def keep_certificates():
    taken = certificates.taken()
    while True:
        around.sleep(10)
        taken = certificates.keep(taken)


def look_after():
    if ring.look_until_known(5).has_ordinals:
        # The last member of the first ring to come here says that it has formed.
        ring.settle(formed_by_all)
    elif os.environ["RING_DISK"] == "pod":
        while True:
            around.sleep(60)
            leave.take_out_dead()


def formed_by_all(see):
    first = see.first(int(see.record.get("forming", 1)))
    is_last = not see.record.get("formed") and all(see.is_member(pod) for pod in first)
    return {"formed": now()} if is_last else {}


def main(start_mode, closed=""):
    # They end with the others where this process gives up.
    start(gossip.find_others, daemon=True)
    # A certificate may expire in the days that a join takes.
    if certificates.are_needed():
        start(keep_certificates, daemon=True)
    if start_mode == "form":
        host = await_first_ring()
        closed = "closed"
    else:
        await_membership(closed)
        host = around.read(around.MARKER) or host_id()
    # Before anything that may have to wait, such as for the API server: somebody may have it leave by hand at any moment.
    start(forget_sent)
    if start_mode == "join" or around.read(around.WAY) == "joined":
        roles.share_with_newcomer()
    put_on_record(host)
    say("member %s of the ring, at %s" % (host, around.ADDRESS))
    if closed:
        roles.open_cql(start_mode)
    for chore in (keep_repaired, watch, look_after):
        start(chore)
    if roles.are_needed():
        start(roles.keep_password)


def start(chore, daemon=False):
    threading.Thread(target=chore, daemon=daemon).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
