"""Decides how a pod enters the ring. This module and the other decide_* modules decide on a view (ring_view.py) and on nothing else: they
look at nothing, write nothing and never wait.

A disk goes through these phases. The notes on the disk tell which one (`member`: the host ID; the others: the phase), and what
Cassandra has logged of its own state overrules a phase that was only begun.

    empty ------ forming ------------------------> member      the first ring: all pods at once; there was no data before
    empty ------ joins ------------> joined -----> member      bootstraps; after an interruption, again on an empty disk
    empty ------ replaces <member> -> joined ----> member      streams what a lost disk held, then must repair
    member ----- leaving ------------------------> left <UID>  once Cassandra says that the member has left the ring
    member ----- leaving ------------------------> member      the container was started again: the decommission is cancelled
    left <UID> --------------------> empty                     emptied by the pod that comes after the pod with that UID

README.md lists the keys of the ring record.
"""
import re

from decide_bootstrap import bootstrap_ordinal, bootstrap_unordered
from decide_restart import after_decommission, restart_member, resume_interrupted_start
from steps import Start, Wait, Wipe, WritePhase, WriteRecord, record_unreadable


def decide_start(view):
    """The next step of a pod whose Cassandra has not started."""
    step = next_step(view)
    if isinstance(step, Start) and view.has_data and is_older(view.image_version, view.data_version):
        step = Wait(
            "the image must have Cassandra %d.%d or later. Cassandra %s wrote the data on this disk; this image has Cassandra %s, which "
            "cannot read the data. The data is untouched. Set the previous image again and run `pulumi up`"
            % (*release_series(view.data_version), view.data_version, view.image_version)
        )
    return release_lock_while_waiting(view, step)


def release_lock_while_waiting(view, step):
    """A pod that waits releases the topology lock: the member that it waits for may need the lock."""
    if isinstance(step, Wait) and view.record is not None and view.release_topology_lock():
        return WriteRecord(view.release_topology_lock())
    return step


def is_older(version, other):
    """Whether a version is of an older series than another one. Within a series (5.0.8, 5.0.9), each version reads what the other writes.
    False where a version is not known."""
    return bool(release_series(version) and release_series(other)) and release_series(version) < release_series(other)


def release_series(version):
    found = re.match(r"(\d+)\.(\d+)", version)
    return found and (int(found.group(1)), int(found.group(2)))


def next_step(view):
    """A pod with an empty disk never forms a ring once one was formed."""
    if view.record is None and not view.host_id:
        return record_unreadable(view)
    if view.phase.startswith("left"):
        return after_decommission(view, view.phase[5:])
    if view.host_id and view.state_log.left:
        return WritePhase("left " + view.uid)
    if view.host_id and not view.has_data:
        return Wipe("it belongs to member %s, but Cassandra's data is gone from it" % view.host_id)
    if view.host_id:
        return restart_member(view)
    resumed = resume_interrupted_start(view)
    if resumed:
        return resumed
    return bootstrap_ordinal(view) if view.has_ordinals else bootstrap_unordered(view)
