"""Decides how a member leaves the ring, and how a pod without ordinal ends."""
from decide_start import release_lock_while_waiting
from steps import (
    DECOMMISSION,
    LEFT,
    UNABLE,
    WATCH,
    StartOver,
    Terminate,
    Wait,
    WriteRecord,
    is_entering,
    is_member_entry,
)


def decommission_step(state_log, mode):
    """
    The next step of a decommission, by the mode that Cassandra reports. Exit codes of `nodetool decommission` prove nothing: a second one
    during a decommission ends at once with 0, and one may end in any way after the member has left.
    """
    if mode == "DECOMMISSIONED" or (mode == "DECOMMISSION_FAILED" and state_log.left):
        return LEFT
    if mode == "LEAVING":
        return WATCH
    if mode in ("NORMAL", "DECOMMISSION_FAILED"):
        # In the same process, a failed decommission continues: the new owners have been sent all that was written meanwhile.
        return DECOMMISSION
    return UNABLE


def decide_termination(view, serves_cql, mode):
    """How a pod without ordinal ends, once it is asked to end. `serves_cql` and `mode` are those of its own Cassandra."""
    if view.desired_replicas() == 0:
        return Terminate("exit", "the whole ring is being deleted: this member does not decommission")
    if not view.is_removed:
        return Terminate("drain")
    if view.phase.startswith("left"):
        return after_decommission(view)
    enters = view.holds_topology_lock("joins") or view.topology_change().startswith(view.me + " replaces ")
    # A drained Cassandra takes part in nothing, and its bootstrap has ended.
    if enters and mode not in ("", "DRAINED"):
        # An interrupted bootstrap might become a member at the moment at which the pod ends, and the record would not know it.
        return Wait("this pod must finish joining before it can decommission")
    if view.host_id and not is_member_entry(view.record.get(view.me)) and not is_entering(view.phase):
        return release_lock_while_waiting(view, confirm_member(view))
    if may_be_member(view):
        return release_lock_while_waiting(view, before_decommission(view, serves_cql, mode))
    if view.me in view.record.get("forming", "").split(" "):
        return StartOver("this pod is deleted while the first ring forms: all pods start over")
    if enters:
        return WriteRecord({view.me: None, "moving": None})
    return WriteRecord({view.me: None}) if view.me in view.record else Terminate("exit")


def confirm_member(view):
    """The record does not list the member of this disk: somebody removed the member, or restored an older record. The ring tells which."""
    listed = view.is_listed()
    if listed:
        return WriteRecord({view.me: "%s %s" % (view.host_id, view.address)})
    if listed is None and any(name != view.me for name in view.pods()):
        return Wait("another member must serve CQL and tell whether this one is in the ring, which the ring record does not list")
    return Terminate("exit", "the other members do not list this one: the data is deleted with this pod")


def may_be_member(view):
    """By the record, or by the disk: a member whose pod ended before the record knew it is a member all the same."""
    has_joined = view.host_id or view.phase == "joined" or view.state_log.bootstrap_finished
    return is_member_entry(view.record.get(view.me)) or bool(is_entering(view.phase) and has_joined)


def must_decommission(view):
    """Whether a pod that is asked to end before Cassandra has started holds a member's data, which would be deleted with the pod."""
    if view.record is None:
        return view.has_disk_content()
    has_member = view.is_removed and view.has_disk_content() and may_be_member(view)
    return has_member and view.desired_replicas() != 0 and has_successor(view)


def has_successor(view):
    """Whether another member exists that can take the data, or the controller makes one."""
    return view.controller_replaces_pods or any(view.has_pod(name) for name in view.other_members())


def after_decommission(view):
    is_recorded = not is_member_entry(view.record.get(view.me))
    changes = view.release_topology_lock() if is_recorded else view.leaving_entries(None)
    return WriteRecord(changes) if changes else Terminate("exit")


def before_decommission(view, serves_cql, mode):
    if mode in ("LEAVING", "DECOMMISSIONED", "DECOMMISSION_FAILED"):
        return Terminate("decommission")
    if not has_successor(view):
        return Terminate("exit", "no other member exists and no controller makes one: the data is deleted with this pod")
    if not any(view.has_pod(name) for name in view.other_members()):
        return Wait("another member must exist, to which this member can stream its data")
    if view.state_log.mode == "DRAINED":
        # Its container was to restart; now the pod is deleted. A drained Cassandra takes part in nothing.
        return Terminate("restart cassandra", "Cassandra must restart: it was drained, and a drained member cannot decommission")
    if not serves_cql and mode == "NORMAL" and (view.record.get("superuser") or not view.needs_login):
        return Terminate("open the CQL port", "this member must serve CQL before it can decommission: its port is opened again")
    if not serves_cql:
        return Wait("this member must serve CQL before it can decommission")
    if not is_member_entry(view.record.get(view.me)):
        return Wait("the ring record must list this member before it can decommission")
    owing = [name for name in view.members_never_repaired() if view.serves(name)]
    if owing:
        return Wait("%s must finish its repair before this member leaves: until then it may lack data" % owing[0])
    if not view.holds_topology_lock("leaves"):
        return view.acquire_topology_lock("leaves") or Wait(
            "another topology change must end before this member leaves (%s)" % view.topology_change()
        )
    return Terminate("decommission")
