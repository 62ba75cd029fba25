"""Has Cassandra find the other members again where all of them have come back with other addresses.

It looks up the names of its seeds once, when it starts. Where all members start at once and DNS still has the addresses of before, each
of them finds nobody, is a ring of its own, and never looks again.
"""
import around
import configure
import record
import ring
from around import say


def find_others():
    """Until this member has seen each other one up: a member that starts later finds this one."""
    seen, pause = set(), 10
    while True:
        around.sleep(pause)
        pause = min(pause + 5, 60)
        try:
            see = ring.look()
        except record.NoAnswer:
            continue
        unseen = [one for one in see.expected() if one != see.me and one not in seen]
        if not unseen and see.record is not None:
            return
        addresses = {one: address for one in unseen for address in around.addresses(see.host(one))[:1]}
        running = [one for one, address in addresses.items() if around.listens(address, around.GOSSIP)]
        up = seen_up() if running else set()
        if not up:
            continue
        seen.update(one for one in running if addresses[one] in up)
        hidden = [one for one in running if one not in seen]
        if hidden:
            say("Cassandra does not see %s, which runs: seeds are looked up anew" % " ".join(hidden))
            configure.set_seeds(",".join(addresses[one] for one in hidden[:3]))
            around.nodetool("reloadseeds")


def seen_up():
    """Addresses of all that this member sees up, in whatever state; none while Cassandra does not answer."""
    code, printed, _ = around.nodetool("status")
    return {line.split()[1] for line in printed.split("\n") if line[:1] == "U" and line[2:3] == " "} if code == 0 else set()
