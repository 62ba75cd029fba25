"""Has Cassandra find the other members again where all of them have come back with other addresses.

It looks up the names of its seeds once, when it starts. Where all members start at once and DNS still has the addresses of before, each
of them finds nobody, is a ring of its own, and never looks again.
"""
import around
import configure
import record
import ring
from around import say
from decisions import is_host


def find_others():
    """Until this member has seen each other one up: a member that starts later finds this one."""
    seen, pause, looks = set(), 10, 0
    while True:
        around.sleep(pause)
        pause, looks = min(pause + 5, 60), looks + 1
        try:
            see = ring.look()
        except record.NoAnswer:
            continue
        unseen = [one for one in see.expected() if one != see.me and one not in seen]
        if not unseen and see.record is not None:
            return
        addresses = {one: address for one in unseen for address in around.addresses(see.host(one))[:1]}
        # Where DNS is behind, the name of another one may lead to this member.
        running = [one for one, to in addresses.items() if to != see.address and around.listens(to, around.GOSSIP)]
        up = seen_up() if running else {}
        if not up:
            continue
        seen.update(one for one in running if is_among(up, see, one, addresses[one]))
        hidden = [one for one in running if one not in seen]
        if hidden:
            say("Cassandra does not see %s, which runs: seeds are looked up anew" % " ".join(hidden))
            # Others the next time: names of some may lead to somebody else.
            first = 3 * looks % len(hidden)
            configure.set_seeds(",".join(addresses[one] for one in (hidden[first:] + hidden[:first])[:3]))
            around.nodetool("reloadseeds")


def is_among(up, see, one, address):
    """Whether a member is seen up: by its host ID, since its name may lead to another one; by its address before it is on record."""
    entry = (see.record or {}).get(one)
    return entry.split(" ")[0] in up.values() if is_host(entry) else address in up


def seen_up(states="NLJM"):
    """Members that this one sees up: host IDs by their addresses; nobody while Cassandra does not answer. `states` are the letters of
    those that are asked for: N is NORMAL."""
    code, printed, _ = around.nodetool("status")
    lines = [line for line in printed.split("\n") if line[:1] == "U" and line[1:2] in tuple(states) and line[2:3] == " "]
    return {line.split()[1]: around.uuid_in(line) for line in lines} if code == 0 else {}
