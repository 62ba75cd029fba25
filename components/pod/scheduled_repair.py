"""Repairs this member on schedule. A thread of post_start.py; decide_repair.py decides.

A repair gives way: it ends within seconds where the ring is about to change, and goes on afterwards with the keyspaces that are left.
"""
import os
import re

import cassandra_mode
import observe
import scratch
import system
from decide_repair import is_overtaken, next_repair, obstacle_to_repair
from kubernetes_api import NoAnswer
from member_duties import KEYSPACE, listed
from steps import REPAIRED, Wait, WriteRecord
from system import say

# Seconds between the beginnings of two repairs; 0 where nothing is repaired on schedule.
INTERVAL = int(os.environ.get("RING_REPAIR_INTERVAL", "0"))

# Seconds between two looks at whether a repair is due.
PAUSE = min(60, max(5, INTERVAL // 10))

# A version and the members that run it, in `nodetool describecluster`.
DATABASE_VERSION = re.compile(r"^\s+(\d+\.\d\S*): \[", re.MULTILINE)


def repair_forever():
    # Of a start of this pod that was cut off.
    give_back_turn()
    # Keyspaces that are repaired already, and when the repair of the first one began.
    repaired, begun = set(), ""
    reason = ""
    while True:
        view = observe.observe_until_answered(5)
        step = next_repair(view, system.now(), INTERVAL)
        if isinstance(step, WriteRecord):
            step = obstacle_in_cassandra() or step
        if isinstance(step, Wait) and step.reason != reason:
            say("a scheduled repair is due, and waits: %s" % step.reason)
        reason = step.reason if isinstance(step, Wait) else ""
        if isinstance(step, WriteRecord) and observe.try_to_record(view, step.changes):
            begun = begun or system.now()
            if repair_keyspaces(repaired):
                entries = {REPAIRED + system.MEMBER: begun}
                observe.record_until_written(lambda view: dict(entries, **turn_back(view)))
                repaired, begun = set(), ""
            else:
                give_back_turn()
        system.sleep(PAUSE)


def obstacle_in_cassandra():
    """A Wait if Cassandra must not repair now; else None. It repairs between members of one version, as its own scheduler does: nobody
    tries streams between two versions."""
    if scratch.read(scratch.STOPPING) is not None:
        return Wait("this pod is about to end")
    mode = cassandra_mode.mode()
    if mode != "NORMAL":
        return Wait("Cassandra must be NORMAL, and is %s" % mode)
    if len(listed(DATABASE_VERSION, "describecluster")) > 1:
        return Wait("all members must run the same version of Cassandra")
    return None


def turn_back(view):
    return {} if is_overtaken(view) else {"repairing": None}


def give_back_turn():
    observe.record_until_written(turn_back)


def repair_keyspaces(repaired):
    """Repairs the keyspaces that are not in `repaired`, and adds them. Whether all are."""
    for keyspace, replication in listed(KEYSPACE, "describecluster"):
        # Each member has keyspaces of its own, which have no replication.
        if not replication or keyspace in repaired:
            continue
        failure = repair(keyspace)
        if failure:
            say("the scheduled repair of keyspace %s was ended, and goes on later: %s" % (keyspace, failure))
            return False
        repaired.add(keyspace)
    say("the scheduled repair has ended: the ranges of this member are the same on all replicas (%d keyspaces)" % len(repaired))
    return True


def repair(keyspace):
    """Why the repair of a keyspace did not end well; empty if it did."""
    say("repairing the ranges of this member in keyspace %s (nodetool repair -full -pr)" % keyspace)
    command = system.BackgroundCommand(["nodetool", "repair", "-full", "-pr", keyspace])
    while True:
        code = command.exit_code(within=system.PAUSE)
        if code is not None:
            return command.last_line() if code else ""
        obstacle = reason_to_end()
        if obstacle:
            command.end()
            end_repairs()
            return obstacle


def reason_to_end():
    if scratch.read(scratch.STOPPING) is not None:
        return "this pod ends"
    try:
        view = observe.observe()
    except NoAnswer:
        return ""
    if view.record is None:
        return ""
    return "another member repairs" if is_overtaken(view) else obstacle_to_repair(view, system.now())


def end_repairs():
    """Cassandra goes on with a repair whose nodetool has ended, and nodetool has no command of its own for this."""
    bean = "org.apache.cassandra.db:type=StorageService"
    system.nodetool("sjk", "mx", "-b", bean, "-mc", "-op", "forceTerminateAllRepairSessions")
