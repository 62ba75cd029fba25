"""What a member does for the ring while it runs. Each function is a thread of post_start.py."""
import os
import re

import cassandra_mode
import decommission
import first_ring
import observe
import port_answers
import remove_node
import scratch
import system
import volume
from cql import CqlFailed
from decide_leave import decommission_step
from steps import LEFT, OWED
from system import say


def keep_on_record(host_id):
    """Puts back what the ring record has lost of this member and its ring: somebody may have deleted the record, or restored an older
    one."""
    known = {}
    while True:
        view = observe.observe_until_answered(5)
        known.update({key: view.record[key] for key in ("formed", "superuser") if view.record.get(key)})
        is_settled = not volume.read_note(volume.PHASE) and volume.read_note(volume.HOST_ID) == host_id
        if is_settled and cassandra_mode.mode() == "NORMAL":
            lost = entries_lost(view, host_id, known)
            if lost:
                say("the ring record has lost entries of this member or its ring, which are written again: %s" % " ".join(sorted(lost)))
                observe.try_to_record(view, lost)
        system.sleep(60)


def entries_lost(view, host_id, known):
    """Entries that the record should have. `known` are those of the ring that it had before."""
    entries = {} if view.record.get("forming") else {key: value for key, value in known.items() if not view.record.get(key)}
    if not (view.record.get(view.me) or "").startswith(host_id):
        entries[view.me] = "%s %s" % (host_id, view.address)
    if volume.has_note(volume.REPAIR) and OWED + view.me not in view.record:
        entries[OWED + view.me] = system.now()
    return entries


# Minutes for which a drained Cassandra is left alone. Who drains it by hand may be about to stop it.
DRAINED_MINUTES = 10


def restart_drained():
    """A drained Cassandra neither serves nor decommissions, and nothing but a restart ends that. A pod that is about to end drains it as
    well, and is left alone."""
    minutes = 0
    while minutes < DRAINED_MINUTES:
        system.sleep(60)
        is_drained = cassandra_mode.state_log().mode == "DRAINED" and scratch.read(scratch.STOPPING) is None
        minutes = minutes + 1 if is_drained else 0
    say("Cassandra was drained %s minutes ago, and this pod is not about to end: it is restarted" % DRAINED_MINUTES)
    system.kill_cassandra()


# Looks at which a member must say nothing before it counts as hanging, half a minute apart: the two questions of a look take six seconds
# where nobody answers. Collections and busy disks take less.
HANGING_LOOKS, HANGING_PAUSE = 20, 24


def restart_hanging():
    """A Cassandra that hangs holds its memory and its place in the ring, and serves nobody until it is restarted. It has been NORMAL, runs,
    and says nothing at the port of members. A Cassandra that starts, joins, leaves or is drained is not NORMAL, and answers nobody or some
    for good reason. One that refuses a connection, for an expired certificate for example, does not hang."""
    silent = 0
    while silent < HANGING_LOOKS:
        system.sleep(HANGING_PAUSE)
        is_meant_to_answer = cassandra_mode.state_log().mode == "NORMAL" and scratch.read(scratch.STOPPING) is None
        # The second question leaves a line in Cassandra's log.
        hangs = is_meant_to_answer and not port_answers.answers_cql(system.ADDRESS) and port_answers.is_silent(system.ADDRESS)
        silent = silent + 1 if hangs and system.cassandra_runs() else 0
    say("Cassandra runs, and has said nothing for %s minutes: it hangs, and is restarted" % (HANGING_LOOKS // 2))
    system.kill_cassandra()


def repair_when_owed():
    """A member may also come to owe a repair while it runs: another one was removed, or left before it was repaired itself."""
    repair()
    while True:
        system.sleep(60)
        repair()


def repair():
    """A member that replaced a lost one has streamed each row from one replica. That replica may have missed a write which the lost disk
    had acknowledged together with a third replica: QUORUM would not find it unless these two are compared. Until the repair has ended,
    the record shows that it is owed, and no other member leaves."""
    key = OWED + system.MEMBER
    while volume.has_note(volume.REPAIR) or key in (observe.observe_until_answered(5).record or {}):
        say("repairing this member (nodetool repair --full): it may lack data that other replicas have")
        code, _, error = system.nodetool("repair", "--full")
        # A member that leaves meanwhile takes no part: its debt passes to the others.
        if code == 0 and cassandra_mode.mode() in ("LEAVING", "DECOMMISSIONED"):
            system.sleep(60)
            continue
        if code == 0:
            # The record first: a note that is left on the disk causes another repair, an entry that is left in the record keeps all other
            # members waiting.
            observe.record_until_written(lambda view: {key: None} if key in view.record else {})
            volume.remove_note(volume.REPAIR)
            say("the repair has ended: this member has all data of its replicas")
            return
        view = observe.observe_until_answered(5)
        silent = [name for name in view.other_members() if not view.serves(name)]
        if silent and system.nodetool("repair", "--full", "--force")[0] == 0:
            # A silent member may have lost its disk as well. Its place is taken only once this member has all data that there is.
            entry = "%s without %s" % (system.now(), silent[0])
            observe.record_until_written(lambda view: {key: entry} if key in view.record else {})
            say("repaired with all members except %s, which do not serve CQL" % " ".join(silent))
        say("the repair is tried again in a minute: %s" % error)
        system.sleep(60)


# Name of a keyspace and the options of its replication, in `nodetool describecluster`.
KEYSPACE = re.compile(r"^\s+(\S+) -> Replication class: .*\{(.*)\}", re.MULTILINE)
NORMAL_OR_LEAVING = re.compile(r"^[UD][NL] ", re.MULTILINE)


def owe_repair_below_replication_factor():
    """A decommission with --force may leave fewer members than a keyspace has replicas: that of a pod without ordinal, which goes in any
    case, or one that somebody begins by hand. Data that one of these members has missed is then on one member alone, and a new member may
    stream from the other: QUORUM would not find the data before all three are compared."""
    keyspaces = [options for name, options in listed(KEYSPACE, "describecluster") if not name.startswith("system")]
    replicas = [int(number) for options in keyspaces for number in re.findall(r"=(\d+)", options)]
    if replicas and len(listed(NORMAL_OR_LEAVING, "status")) <= max(replicas):
        volume.write_note(volume.REPAIR, "")


def listed(line, command):
    """What nodetool lists. There is always something (keyspace `system`, this member): an empty answer is none, and is asked for again."""
    while True:
        code, output, _ = system.nodetool(command)
        found = line.findall(output)
        # A list that was cut off, as where a keyspace is dropped meanwhile, is none.
        if code == 0 and found:
            return found
        system.sleep(1)


def delete_stale_transfers():
    """The next decommission streams everything, whatever an interrupted one has streamed before."""
    while True:
        try:
            return decommission.delete_stale_transfers()
        except CqlFailed:
            system.sleep(10)


def watch_for_decommission():
    """A decommission that somebody began by hand ends as any other: the record follows the ring."""
    while decommission_step(cassandra_mode.state_log(), cassandra_mode.state_log().mode) != LEFT:
        system.sleep(5)
    decommission.record_left()
    view = observe.observe_until_answered()
    if not view.has_ordinals and not view.is_removed:
        system.kill_cassandra()  # and joins as a new member: the ring is to have as many members as pods


def mark_formed_or_remove_lost():
    if observe.observe_until_answered(5).has_ordinals:
        first_ring.record_formed()
    elif os.environ["RING_DISK"] == "pod":
        while True:
            system.sleep(60)
            remove_node.remove_lost_members()
