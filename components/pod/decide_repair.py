"""Decides when a member repairs on schedule. Nothing here looks at anything but a view of the ring and the time.

Each member repairs the ranges of which it is the first replica (nodetool repair -full -pr), so that all members together repair all data
once in an interval. One member repairs at a time, and none while the ring changes.

In the ring record, `repairing` is `<member> <time>` while a member repairs, `repaired.<member>` is the time since which its ranges count
as repaired, and `repairs` is `paused until <time>` while `pulumi up` waits for repairs to end.
"""
import calendar
import time

from steps import REPAIRED, Wait, WriteRecord


def next_repair(view, now, interval):
    """What a member does that does not repair: WriteRecord begins a repair, Wait tells why a repair that is due does not begin. None where
    there is nothing to do.
    @param interval seconds between the beginnings of two repairs of a member"""
    since = repaired_since(view)
    # One that is alone has nobody to compare its data with.
    if since is None or seconds(now) - since < interval or not view.other_members():
        return None
    obstacle = obstacle_to_repair(view, now)
    if obstacle:
        return Wait(obstacle)
    silent = next((name for name in view.other_members() if not view.serves(name)), None)
    if silent:
        return Wait("%s must serve" % silent)
    holder = (view.record.get("repairing") or "").split(" ")[0]
    # Of one that has left, or has begun anew, nobody removes the entry.
    if holder in view.other_members():
        return Wait("%s must end its own scheduled repair: one member repairs at a time" % holder)
    return WriteRecord({"repairing": "%s %s" % (view.me, now)})


def obstacle_to_repair(view, now):
    """Why a repair must not run now, or must end; empty if nothing is in the way. A member that changes the ring streams data, and so does a
    repair."""
    change, owing = view.topology_change(), view.members_owing_repair()
    if change or not view.record.get("formed"):
        return "the topology change in progress must end (%s)" % (change or "the first ring forms")
    if owing:
        return "%s must finish the repair that it owes: until then it may lack data" % owing[0]
    paused = seconds((view.record.get("repairs") or "").rpartition(" ")[2])
    if paused and paused > seconds(now):
        return "`pulumi up` must end, which waits for repairs to end"
    return ""


def is_overtaken(view):
    """Whether this member no longer holds the turn to repair: somebody has removed the entry."""
    return not (view.record.get("repairing") or "").startswith(view.me + " ")


def repaired_since(view):
    """Time since which the ranges of this member count as repaired: what was there before is equal on all replicas. A ring that has just
    formed has no data, and a member that has just joined streamed what it has. None while the ring has not formed."""
    return seconds(view.record.get(REPAIRED + view.me) or view.record.get("formed"))


def seconds(moment):
    """Seconds since the epoch of a time in the record; None of anything else."""
    try:
        return calendar.timegm(time.strptime(moment or "", "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return None
