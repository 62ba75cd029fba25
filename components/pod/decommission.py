"""Decommissions this member: Cassandra streams its data to the other members, and the member counts as left only once Cassandra says so.

decommission.sh runs this module for `pulumi up`, pre_stop.py uses it when a pod without ordinal ends.
"""
import sys

import auth_replication
import cassandra_mode
import cql
import observe
import scratch
import system
import volume
from cql import CqlFailed
from decide_leave import decommission_step
from steps import DECOMMISSION, LEFT, UNABLE, WATCH, is_member_entry
from system import say


class DecommissionFailed(Exception):
    """The member could not leave, and is a member still; the message tells why."""


def decommission(is_cancelled=lambda: False):
    """Has Cassandra leave the ring, or waits for a decommission that runs already. Returns whether the member has left; False when the
    decommission was cancelled. @raises DecommissionFailed"""
    command = None
    while True:
        # Asked before the mode: a command that ends in between is looked at again.
        runs = command and not command.has_ended()
        mode = cassandra_mode.mode()
        step = decommission_step(cassandra_mode.state_log(), mode)
        if step == LEFT:
            record_left()
            return True
        if runs:
            step = WATCH
        if step == UNABLE:
            raise DecommissionFailed("Cassandra is %s, and cannot decommission" % mode if mode else "Cassandra does not answer nodetool")
        if step == DECOMMISSION:
            if command:
                raise DecommissionFailed(command.last_line() or "Cassandra has given the decommission up (%s)" % mode)
            command = begin(mode)
        if is_cancelled():
            return False
        system.sleep(system.PAUSE)


def begin(mode):
    if mode == "NORMAL":
        view = observe.observe_until_answered()
        try:
            auth_replication.lower_before_decommission(view)
            delete_stale_transfers()
        except CqlFailed as failure:
            raise DecommissionFailed(failure)
        volume.write_note(volume.PHASE, "leaving")
    # Forced, because Cassandra's own keyspaces ask for more replicas than a small ring has members. `pulumi up` has checked the keyspaces
    # of users.
    return system.BackgroundCommand(["nodetool", "decommission", "--force"])


def delete_stale_transfers():
    """@raises CqlFailed"""
    if scratch.read(scratch.STALE_TRANSFERS) is not None:
        cql.delete_transferred_ranges()
        scratch.remove(scratch.STALE_TRANSFERS)


def record_left():
    """Records that the member has left, first on its own disk, then in the ring record. Nothing may be emptied before."""
    with scratch.lock(scratch.LEFT_LOCK, waits=True):
        view = observe.observe_until_answered()
        if not is_member_entry(view.record.get(view.me)) and not view.has_disk_content():
            return  # another process of this pod has recorded it
        volume.write_note(volume.PHASE, "left " + system.POD_UID)
        volume.remove_note(volume.HOST_ID)
        observe.record_until_written(lambda view: view.leaving_entries("left " + system.POD_UID if view.has_ordinals else None))
        if view.has_ordinals:
            # Cassandra still runs, outside of the ring. What it writes now is deleted when the next pod starts on this volume.
            volume.wipe()
            say("this member has left the ring: the other members hold its data, and this disk is empty")
        else:
            say("this member has left the ring: the other members hold its data")


# --- for `pulumi up` ----------------------------------------------------------------------------------------------------------------


def main():
    lock = scratch.lock(scratch.DECOMMISSION_LOCK, waits=False)
    if lock is None:
        return  # another process decommissions already
    scratch.remove(scratch.DECOMMISSION_FAILED)
    say("decommissioning %s: its data is streamed to the other members" % system.MEMBER)
    try:
        if cassandra_mode.mode() == "NORMAL":
            wait_until_recorded()
            acquire_topology_lock()
        decommission()
    except DecommissionFailed as failure:
        say("the decommission failed, %s is still a member: %s" % (system.MEMBER, failure))
        scratch.write(scratch.DECOMMISSION_FAILED, str(failure))
        observe.release_topology_lock()
        sys.exit(1)


def wait_until_recorded():
    """Until the record and this disk name the same member, which is the end of its own join. A join that ended later would raise the
    replication factor of system_auth after the decommission has lowered it, so that nobody could log in; and it would release the lock of
    the decommission."""
    while True:
        view = observe.observe_until_answered()
        entry = view.record.get(view.me)
        if view.host_id and is_member_entry(entry) and entry.split(" ")[0] == view.host_id:
            return
        system.sleep(1)


def acquire_topology_lock():
    """@raises DecommissionFailed while another member holds the lock"""
    while True:
        view = observe.observe_until_answered()
        if view.holds_topology_lock("leaves"):
            return
        acquisition = view.acquire_topology_lock("leaves")
        if acquisition is None:
            raise DecommissionFailed("another topology change is in progress (%s)" % view.topology_change())
        observe.try_to_record(view, acquisition.changes)


if __name__ == "__main__":
    main()
