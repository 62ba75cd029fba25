"""Repairs this member on schedule. A thread of post_start.py; decide_repair.py decides.

A repair gives way: it ends within seconds where the ring is about to change, and goes on afterwards with the keyspaces that are left.
"""
import os
import re

import cassandra_mode
import observe
import scratch
import system
from decide_repair import Yield, holds_turn, next_repair, obstacle_to_repair, seconds
from kubernetes_api import NoAnswer
from member_duties import KEYSPACE
from steps import REPAIRED, Wait, WriteRecord
from system import say

# Seconds between the beginnings of two repairs; 0 where nothing is repaired on schedule.
INTERVAL = int(os.environ.get("RING_REPAIR_INTERVAL", "0"))

# Seconds between two looks at whether a repair is due.
PAUSE = min(60, max(5, INTERVAL // 10))

# Seconds for which no repair begins after `pulumi up` has asked for that. By this pod's own clock: clocks may differ.
ASKED_PAUSE = 600

# Seconds for which a member lets others go first, and after which it tries again what has failed.
PATIENCE = min(3600, INTERVAL)

# Seconds after which a repair writes its turn anew, and after which one that prints nothing is given up.
RENEWAL, STALL = 600, 6 * 3600

# A version and the members that run it, in `nodetool describecluster`.
DATABASE_VERSION = re.compile(r"^\s+(\d+\.\d\S*): \[", re.MULTILINE)


class GivenWay(Exception):
    """The repair was ended, since something is in its way; the message tells what."""


class Schedule:
    """What this process remembers between two looks."""

    def __init__(self):
        # Keyspaces that are repaired already, when the repair of the first one began, and who was in the ring then.
        self.repaired, self.begun, self.ring = set(), "", []
        self.reason = ""  # why a repair that is due has not begun, as the log says
        self.yielded = 0  # seconds for which others could have gone first, and nobody has
        self.asked, self.paused = None, 0  # the last value of `repairs`, and the seconds that are left of that pause

    def is_paused(self, view):
        """Whether `pulumi up` has asked for a pause. An entry is as good as new to a process that has just begun."""
        asked = view.record.get("repairs")
        if asked != self.asked:
            self.asked, self.paused = asked, ASKED_PAUSE if asked else 0
        return self.paused > 0

    def forget_if_ring_changed(self, view):
        """Members that join or leave pass ranges on: what was repaired of a keyspace is another part of it now."""
        ring = [view.record[name].split(" ")[0] for name in view.members()]
        if ring != self.ring:
            self.repaired, self.begun, self.ring = set(), "", ring

    def next(self, view):
        is_patient = self.yielded < PATIENCE
        step = next_repair(view, seconds(system.now()), INTERVAL, self.is_paused(view), is_patient)
        if isinstance(step, WriteRecord):
            step = obstacle_in_cassandra() or step
        reason = step.reason if isinstance(step, Wait) else ""
        if reason and reason != self.reason:
            say("a scheduled repair is due, and waits: %s" % reason)
        self.yielded = self.yielded + PAUSE if isinstance(step, Yield) else 0
        self.reason = reason
        return step

    def rest(self, duration):
        system.sleep(duration)
        self.paused = max(0, self.paused - duration)


def repair_forever():
    schedule = Schedule()
    while True:
        view = observe.observe_until_answered(5)
        # Of a start of this pod that was cut off, of an error in the midst of a repair, which Cassandra goes on with, or of an older record
        # that somebody has restored.
        if holds_turn(view):
            end_repairs()
            observe.try_to_record(view, {"repairing": None})
        elif not schedule.is_paused(view) and view.record.get("repairs"):
            # The pause is over, which a later start of this pod could not know.
            observe.try_to_record(view, {"repairs": None})
        else:
            schedule.forget_if_ring_changed(view)
            step = schedule.next(view)
            if isinstance(step, WriteRecord) and observe.try_to_record(view, step.changes):
                schedule.begun = schedule.begun or system.now()
                schedule.rest(0 if repair_ranges(schedule) else PATIENCE)
        schedule.rest(PAUSE)


def repair_ranges(schedule):
    """Repairs the ranges of this member, and gives its turn back. False if the repair of a keyspace has failed."""
    try:
        is_whole = repair_keyspaces(schedule)
        entries = {REPAIRED + system.MEMBER: schedule.begun} if is_whole else {}
        if is_whole:
            schedule.repaired, schedule.begun = set(), ""
        observe.record_until_written(lambda view: dict(entries, **turn_back(view)))
        return is_whole
    except GivenWay as obstacle:
        say("the scheduled repair was ended, and goes on later: %s" % obstacle)
        observe.record_until_written(turn_back)
        return True


def turn_back(view):
    return {"repairing": None} if holds_turn(view) else {}


def obstacle_in_cassandra():
    """A Wait if Cassandra must not repair now; else None. It repairs between members of one version, as its own scheduler does: nobody
    tries streams between two versions."""
    if scratch.read(scratch.STOPPING) is not None:
        return Wait("this pod is about to end")
    mode = cassandra_mode.mode()
    if mode != "NORMAL":
        return Wait("Cassandra must be NORMAL, and is %s" % mode)
    versions = DATABASE_VERSION.findall(system.nodetool("describecluster")[1])
    return None if len(versions) == 1 else Wait("all members must run the same version of Cassandra")


def repair_keyspaces(schedule):
    """Repairs the keyspaces that are left, also where one of them fails. Whether all are repaired. @raises GivenWay"""
    code, description, error = system.nodetool("describecluster")
    if code != 0:
        say("the scheduled repair could not begin: %s" % error)
        return False
    failed = []
    for keyspace, replication in KEYSPACE.findall(description):
        # Each member has keyspaces of its own, which have no replication.
        if not replication or keyspace in schedule.repaired:
            continue
        failure = repair(keyspace, schedule)
        if failure:
            say("the scheduled repair of keyspace %s has failed, and is tried again: %s" % (keyspace, failure))
            failed.append(keyspace)
        else:
            schedule.repaired.add(keyspace)
    if failed:
        return False
    say("the scheduled repair has ended: the ranges of this member are the same on all replicas (%d keyspaces)" % len(schedule.repaired))
    return True


def repair(keyspace, schedule):
    """Why the repair of a keyspace has failed; empty if it has not. @raises GivenWay"""
    say("repairing the ranges of this member in keyspace %s (nodetool repair -full -pr)" % keyspace)
    # Its JVM takes two seconds of CPU time to start, which requests need more.
    command = system.BackgroundCommand(["nice", "-n", "19", "nodetool", "repair", "-full", "-pr", keyspace])
    renewed = silent = 0
    said = ""
    while True:
        code = command.exit_code(within=system.PAUSE)
        if code is not None:
            return command.last_line() if code else ""
        renewed, silent = renewed + system.PAUSE, silent + system.PAUSE
        if command.last_line() != said:
            said, silent = command.last_line(), 0
        obstacle = "Cassandra has told of no progress for hours" if silent > STALL else reason_to_end(schedule, renewed > RENEWAL)
        if obstacle:
            command.end()
            end_repairs()
            if silent > STALL:
                return obstacle
            raise GivenWay(obstacle)
        if renewed > RENEWAL:
            renewed = 0


def reason_to_end(schedule, renews):
    """Why the repair must end; empty if it need not. @param renews whether the turn is written anew"""
    if scratch.read(scratch.STOPPING) is not None:
        return "this pod ends"
    try:
        view = observe.observe()
    except NoAnswer:
        return ""
    if view.record is None:
        return ""
    if not holds_turn(view):
        return "somebody has ended the turn of this member"
    if renews:
        observe.try_to_record(view, {"repairing": "%s %s" % (view.me, system.now())})
    return obstacle_to_repair(view, schedule.is_paused(view))


def end_repairs():
    """Cassandra goes on with a repair whose nodetool has ended, and nodetool has no command of its own for this."""
    bean = "org.apache.cassandra.db:type=StorageService"
    for _ in range(12):
        code, _, error = system.nodetool("sjk", "mx", "-b", bean, "-mc", "-op", "forceTerminateAllRepairSessions")
        if code == 0 or not system.cassandra_runs():
            return
        system.sleep(5)
    say("Cassandra could not be told to end its repair, and may go on with it: %s" % error)
