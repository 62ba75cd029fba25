"""Has Cassandra find the other members again when all members have restarted with other addresses.

Cassandra resolves the names of its seeds once, when it starts. Where all members start while DNS still has their old addresses, each
member finds nobody, serves as a ring of its own, and never resolves the names again.
"""
import edit_cassandra_yaml
import observe
import port_answers
import system
from ip_address import canonical
from kubernetes_api import NoAnswer
from steps import is_member_entry


def reload_seeds_until_all_seen():
    """Until this member has seen every other one up. A member that starts later finds this one."""
    seen, pause, rounds = set(), 10, 0
    while True:
        system.sleep(pause)
        pause, rounds = min(pause + 5, 60), rounds + 1
        try:
            view = observe.observe()
        except NoAnswer:
            continue
        unseen = [name for name in view.expected_members() if name != view.me and name not in seen]
        if not unseen and view.record is not None:
            return
        addresses = {name: address for name in unseen for address in system.addresses(view.host(name))[:1]}
        # Where DNS is outdated, another member's name may lead to this one.
        running = [name for name, to in addresses.items() if to != view.address and port_answers.answers_internode(to)]
        up = members_up() if running else {}
        if not up:
            continue
        seen.update(name for name in running if is_up(up, view, name, addresses[name]))
        hidden = [name for name in running if name not in seen]
        if hidden:
            system.say(
                "Cassandra does not see these running members: %s. The seeds are resolved again (nodetool reloadseeds)" % " ".join(hidden)
            )
            # Other seeds in each round: some names may lead to the wrong member.
            first = 3 * rounds % len(hidden)
            edit_cassandra_yaml.set_seeds(",".join(addresses[name] for name in (hidden[first:] + hidden[:first])[:3]))
            system.nodetool("reloadseeds")


def is_up(up, view, name, address):
    """Whether a member is among those that Cassandra sees up: by its host ID, since its name may lead to another member; by its address
    before the record lists it."""
    entry = (view.record or {}).get(name)
    return entry.split(" ")[0] in up.values() if is_member_entry(entry) else address in up


def members_up(states="NLJM"):
    """Host IDs by address of the members that this one sees up; none while Cassandra does not answer. `states` are letters of `nodetool
    status`: N is NORMAL."""
    code, output, _ = system.nodetool("status")
    lines = [line for line in output.split("\n") if line[:1] == "U" and line[1:2] in tuple(states) and line[2:3] == " "]
    return {canonical(line.split()[1]): system.uuid_in(line) for line in lines} if code == 0 else {}
