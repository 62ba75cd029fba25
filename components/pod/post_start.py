"""Runs beside Cassandra: waits until the member is in the ring, puts it into the ring record, and does what it owes the ring from then
on.

    post_start.py bootstrap_ring|bootstrap|replace|restart [closed]

`closed` tells that Cassandra was started with a closed CQL port.
"""
import os
import sys
import threading

import auth_replication
import cassandra_mode
import certificates
import first_ring
import gossip
import member_duties
import observe
import port_answers
import ring_record
import scheduled_repair
import superuser
import superuser_secret
import system
import volume
from kubernetes_api import NoAnswer
from steps import NEVER, OWED, REPAIRED
from superuser_password import apply_password_until_done
from system import say


def main(start_mode, closed=""):
    # Daemon threads end when this process gives up.
    start_thread(gossip.reload_seeds_until_all_seen, daemon=True)
    # A bootstrap may take days, in which a certificate may expire.
    if certificates.are_needed():
        start_thread(certificates.reload_forever, daemon=True)
    if start_mode == "bootstrap_ring":
        host_id = first_ring.wait_for_first_ring()
        closed = "closed"
    else:
        wait_for_membership(closed)
        host_id = volume.read_note(volume.HOST_ID) or ask_host_id()
    # Before anything that may wait, for the API server for one: somebody may decommission the member by hand at any moment.
    start_thread(member_duties.delete_stale_transfers)
    if has_joined(start_mode):
        auth_replication.raise_after_bootstrap()
        member_duties.owe_repair_below_replication_factor()
    put_on_record(host_id, start_mode)
    say("member %s is in the ring, at %s" % (host_id, system.ADDRESS))
    if closed:
        superuser.open_cql(start_mode)
    start_thread(lambda: member_duties.keep_on_record(host_id))
    for duty in (
        member_duties.restart_drained,
        member_duties.restart_hanging,
        member_duties.repair_when_owed,
        member_duties.watch_for_decommission,
        member_duties.mark_formed_or_remove_lost,
    ):
        start_thread(duty)
    if scheduled_repair.INTERVAL:
        start_thread(scheduled_repair.repair_forever)
    if superuser_secret.exists():
        start_thread(apply_password_until_done)


def has_joined(start_mode):
    """Whether this start, or one that was cut off before the record knew the member, was its first."""
    return start_mode == "bootstrap" or volume.read_note(volume.PHASE) == "joined"


def start_thread(duty, daemon=False):
    threading.Thread(target=lambda: do_again_after_errors(duty), daemon=daemon).start()


def do_again_after_errors(duty):
    """An error that nobody expects, as where no process can be started for want of memory, must not end a duty for as long as the pod
    lives."""
    while True:
        try:
            return duty()
        except Exception as error:
            say("a duty of this member begins again after an error: %r" % error)
            system.sleep(60)


def wait_for_membership(closed):
    """Until Cassandra is NORMAL. After a failed bootstrap, Cassandra stays up and does nothing more: it is killed, so that the bootstrap
    is tried again."""
    while not is_normal(closed):
        state_log = cassandra_mode.state_log()
        if state_log.mode == "JOINING_FAILED":
            retry("the bootstrap failed: it is tried again on an empty disk")
        if state_log.bootstrap_again:
            retry("Cassandra does not accept this disk as a member's: it bootstraps again on an empty disk")
        system.sleep(1)


def is_normal(closed):
    return cassandra_mode.mode() == "NORMAL" if closed else port_answers.answers_cql(system.ADDRESS)


def retry(reason):
    say(reason)
    system.kill_cassandra()
    sys.exit()


def ask_host_id():
    while True:
        _, output, _ = system.nodetool("info")
        line = next((line for line in output.split("\n") if line.startswith("ID")), "")
        if system.uuid_in(line):
            return system.uuid_in(line)
        system.sleep(1)


def put_on_record(host_id, start_mode):
    """First on the disk, then in the ring record. The phase is removed last: it explains why the two differ until then."""
    volume.write_note(volume.HOST_ID, host_id)
    template = os.environ.get("RING_CLAIM")
    while template:
        try:
            ring_record.add_owner("%s-%s" % (template, system.MEMBER))
            break
        except NoAnswer:
            system.sleep(5)
    observe.record_until_written(lambda view: member_entries(view, host_id, start_mode))
    volume.remove_note(volume.PHASE)


def member_entries(view, host_id, start_mode):
    entries = dict(view.release_topology_lock(), **{view.me: "%s %s" % (host_id, view.address)})
    if volume.has_note(volume.REPAIR) and OWED + view.me not in view.record:
        entries[OWED + view.me] = system.now()
    if start_mode == "restart" and not view.record.get("formed"):
        # The record was lost, and with it since when the data on this disk is repaired.
        entries[REPAIRED + view.me] = NEVER
    if has_joined(start_mode) and view.record.get("formed") and view.other_members() and REPAIRED + view.me not in view.record:
        # It has streamed what the others have, and nobody has repaired its ranges for longer than theirs.
        oldest = min(view.repaired_entry(name) for name in view.other_members())
        if oldest != view.record["formed"]:
            entries[REPAIRED + view.me] = oldest
    if has_joined(start_mode) and view.has_ordinals and view.other_members() and "cleanup" not in view.record:
        entries["cleanup"] = "%s %s" % (system.now(), len(view.other_members()))
    if not view.has_ordinals:
        # Folders of nodes outlive the record: their ring was formed before it.
        if not view.record.get("formed"):
            entries["formed"] = system.now()
        replaced = view.topology_change().split(" replaces ")
        if replaced[0] == view.me and replaced[-1] != view.me:
            entries[replaced[-1]] = entries[OWED + replaced[-1]] = entries[REPAIRED + replaced[-1]] = None
    return {key: value for key, value in entries.items() if view.record.get(key) != value}


if __name__ == "__main__":
    main(*sys.argv[1:])
