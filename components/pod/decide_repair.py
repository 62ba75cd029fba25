"""Decides when a member repairs on schedule. Nothing here looks at anything but a view of the ring and the time.

Each member repairs the ranges of which it is the first replica (nodetool repair -full -pr), so that all members together repair all data
once in an interval. One member repairs at a time, and none while the ring changes.

In the ring record, `repairing` is `<member> <time>` while a member repairs: it writes the time anew every few minutes. `repaired.<member>`
is the time since which its ranges count as repaired. `repairs` has another value each time that `pulumi up` asks for a pause.
"""
import calendar
import re
import time

from steps import REPAIRED, Wait, WriteRecord

# Seconds for which the turn of a member holds that does not write the time anew.
LEASE = 2 * 3600

# A time in the record that differs from this pod's clock by more than this is of a clock that was wrong.
DAY = 24 * 3600


class Yield(Wait):
    """Another member comes first."""


def next_repair(view, now, interval, is_paused=False, is_patient=True):
    """What a member does that does not repair: WriteRecord begins a repair, Wait tells why a repair that is due does not begin. None where
    there is nothing to do.
    @param now seconds since the epoch
    @param interval seconds between the beginnings of two repairs of a member
    @param is_patient whether members come first whose ranges have been unrepaired for longer"""
    # One that is alone has nobody to compare its data with.
    if not is_due(view, view.me, now, interval) or not view.other_members():
        return None
    obstacle = obstacle_to_repair(view, is_paused)
    if obstacle:
        return Wait(obstacle)
    silent = next((name for name in view.other_members() if not view.serves(name)), None)
    if silent:
        return Wait("%s must serve" % silent)
    holder, _, since = (view.record.get("repairing") or "").partition(" ")
    # Of one that has left, nobody removes the entry, nor of one whose clock or process stands still.
    if holder in view.other_members() and abs(now - (seconds(since) or 0)) < LEASE:
        return Wait("%s must end its own scheduled repair: one member repairs at a time" % holder)
    first = first_due(view, now, interval)
    if is_patient and first != view.me:
        return Yield("the ranges of %s have been unrepaired for longer: it comes first" % first)
    return WriteRecord({"repairing": "%s %s" % (view.me, written(now))})


def obstacle_to_repair(view, is_paused=False):
    """Why a repair must not run now, or must end; empty if nothing is in the way. A member that changes the ring streams data, and so does a
    repair."""
    owing = view.members_owing_repair()
    if not view.record.get("formed"):
        return "the first ring must have formed"
    holder = view.topology_lock_holder()
    # The lock of a pod that is gone holds up nobody.
    if holder and (holder == view.me or view.pod_exists(holder)):
        return "the topology change in progress must end (%s)" % view.topology_change()
    if owing:
        return "%s must finish the repair that it owes: until then it may lack data" % owing[0]
    return "`pulumi up` must end, which waits for repairs to end" if is_paused else ""


def holds_turn(view):
    """Whether the record says that this member repairs."""
    return (view.record.get("repairing") or "").startswith(view.me + " ")


def is_due(view, name, now, interval):
    return now - repaired_since(view, name, now) >= interval


def first_due(view, now, interval):
    """The member whose ranges have been unrepaired for the longest time, of those whose repair is due."""
    due = [name for name in view.members() if is_due(view, name, now, interval)]
    return min(due, key=lambda name: (repaired_since(view, name, now), name), default=view.me)


def repaired_since(view, name, now):
    """Time since which the ranges of a member count as repaired: what was there before is equal on all replicas. A ring that has just
    formed has no data, and a member that has just joined streamed what it has. Long ago where the record does not say."""
    for entry in (view.record.get(REPAIRED + name), view.record.get("formed")):
        since = seconds(entry)
        if since is not None:
            return since if since < now + DAY else 0
    return 0


def written(moment):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def seconds(moment):
    """Seconds since the epoch of a time in the record, which may have a fraction; None of anything else."""
    try:
        return calendar.timegm(time.strptime(re.sub(r"\.\d+", "", moment or ""), "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return None
