"""Removes members that are gone for good from the ring (nodetool removenode). The other members stream the data from its other replicas.

remove-node.sh runs this module for people.
"""
import sys

import auth_replication
import observe
import system
from kubernetes_api import NoAnswer
from steps import OWED, REPAIRED
from system import say, wait_for


def remove_lost_members():
    """Removes members whose data is gone and that no pod replaces: their node was taken away, or the ring was made smaller meanwhile.
    The first member of the ring does it."""
    try:
        view = observe.observe()
    except NoAnswer:
        return
    if view.record is None:
        return
    is_responsible = view.lost_members() and not view.is_removed and view.me == view.first_member()
    if not is_responsible or not all(view.is_member(pod) for pod in view.pods()):
        # This member may hold the lock for a removal though the answer to its request was lost. A new pod needs the lock to replace the
        # lost member.
        if view.topology_change().startswith(view.me + " takes out "):
            observe.release_topology_lock()
        return
    if acquire_topology_lock(view, view.lost_members()):
        remove(view, view.lost_members())
        observe.release_topology_lock()


def acquire_topology_lock(view, members):
    change = "takes out " + " ".join(members)
    acquisition = view.acquire_topology_lock(change)
    return view.holds_topology_lock(change) or (acquisition is not None and observe.try_to_record(view, acquisition.changes))


def remove(view, members):
    """Removes members that are gone. Returns whether all of them are removed. Every other member must serve: one that is down would own
    data afterwards that nobody has sent it."""
    silent = [name for name in view.other_members() if name not in members and not view.serves(name)] if members else []
    if silent:
        wait_for("member %s must serve CQL before member %s can be removed from the ring" % (silent[0], members[0]))
        return False
    for name in members:
        say("removing member %s (%s) from the ring: its data is gone" % (name, view.record[name]))
        code, _, error = system.nodetool("removenode", view.record[name].split(" ")[0])
        if code != 0 and "Host ID not found" not in error:
            say("member %s cannot be removed now: %s" % (name, error))
            return False
        observe.record_until_written(lambda current: entries_after_removal(current, name))
    if members:
        auth_replication.lower_after_removal()
    return True


def entries_after_removal(view, removed):
    """Each new owner has streamed the removed member's data from one replica, which may have missed a write that the removed one had
    acknowledged: all members that stay must repair."""
    staying = [name for name in view.members() if name != removed]
    return dict({removed: None, OWED + removed: None, REPAIRED + removed: None}, **view.repairs_of(staying))


def main(node):
    view = observe.observe_until_answered()
    if not view.is_member(node):
        sys.exit("%s is no member of the ring; members are: %s" % (node, " ".join(view.members())))
    if view.has_pod(node):
        sys.exit(
            "%s still has a pod of the ring: its member decommissions by itself once the node no longer matches the ring's node selector"
            % node
        )
    if not acquire_topology_lock(view, [node]):
        sys.exit("another topology change is in progress (%s): try again later" % (view.topology_change() or "the record has just changed"))
    done = remove(view, [node])
    observe.release_topology_lock()
    sys.exit(0 if done else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
