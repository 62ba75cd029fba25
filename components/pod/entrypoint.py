"""Process 1 of the container: decides how this pod enters the ring, starts Cassandra, and stays its parent.

Kubernetes ends a container with a signal to process 1, however the preStop hook has ended. At that signal, process 1 does what the hook
does.
"""
import itertools
import os
import signal
import sys

import cassandra_start
import member_address
import observe
import scratch
import system
import volume
from decide_leave import must_decommission
from decide_start import decide_start
from kubernetes_api import NoAnswer, UnknownPod
from steps import Start, StartOver, Wait, Wipe, WritePhase, record_unwritable
from system import say, wait_for
from unordered_view import UnorderedView

# Exit code of a process that SIGTERM has ended.
TERMINATED = 143


def main():
    asked_to_end, stopping = [], []
    if "RING_METRICS_PORT" in os.environ:
        spawn([os.path.join(system.SCRIPTS, "metrics.sh")])

    def on_sigterm(*_):
        # Process 1 ignores signals without a handler: a waiting pod would use up its whole grace period.
        if system.has_ordinal():
            os._exit(TERMINATED)
        asked_to_end.append(True)

    while True:
        signal.signal(signal.SIGTERM, on_sigterm)
        scratch.remove(scratch.STOPPING)
        scratch.remove(scratch.CASSANDRA_PID)  # of an earlier start: another process may have the number
        start, view = wait_for_start(asked_to_end)
        cassandra_start.log_start(start, view)
        cassandra_start.prepare(start, view)
        closed = ["closed"] if cassandra_start.starts_closed(start, view) else []
        take_version_back = cassandra_start.note_version()
        cassandra = spawn(["docker-entrypoint.sh", "cassandra", "-f"] + cassandra_start.options(start, view))
        scratch.write(scratch.CASSANDRA_PID, str(cassandra))
        companion = spawn([os.path.join(system.SCRIPTS, "post-start.sh"), start.mode] + closed)
        code = supervise(cassandra, companion, asked_to_end, stopping)
        take_version_back()
        if not must_start_again(asked_to_end):
            sys.exit(code)
        say(
            "Cassandra ended (exit code %s) before this member had left the ring: it is started again, since Kubernetes restarts no "
            "container of a pod that is being deleted" % code
        )
        system.sleep(system.PAUSE)


def wait_for_start(asked_to_end):
    """Looks, decides and acts until Cassandra may start. Returns the start and the view on which it was decided. Once the pod is asked to
    end, it goes on only if a started member can save data that would be deleted with the pod."""
    lacks_address = member_address.is_needed()
    for attempts in itertools.count():
        try:
            view = observe.observe()
        except NoAnswer as reason:
            view = observe.without_answer(UnorderedView(), reason)
        view.attempts = attempts
        if asked_to_end and not must_decommission(view):
            os._exit(TERMINATED)
        path = volume.unwritable()
        if path:
            wait_for("user %d must be able to write to %s, as a member of the group of the pod's volumes (fsGroup)" % (os.getuid(), path))
            continue
        _, free = volume.space()
        if free < volume.ROOM:
            wait_for(
                "the disk must have room for Cassandra to start: %d MiB are free, and %d are needed. Grow the volume"
                % (free >> 20, volume.ROOM >> 20)
            )
            continue
        if lacks_address:
            # Before anything is decided: a pod that waits here holds no topology lock.
            wait = member_address.announce()
            if wait:
                wait_for(wait.reason)
                continue
            lacks_address = False
        step = decide_start(view)
        if isinstance(step, Start):
            return step, view
        if isinstance(step, Wait):
            wait_for(step.reason)
        elif isinstance(step, WritePhase):
            volume.write_note(volume.PHASE, step.phase)
        elif isinstance(step, Wipe):
            say("emptying this disk:", step.reason)
            volume.wipe()
        else:
            record(step, view)


def record(step, view):
    if isinstance(step, StartOver):
        say(step.reason)
    changes = view.clearing_record() if isinstance(step, StartOver) else step.changes
    if not observe.try_to_record(view, changes):
        wait_for(getattr(step, "wait_reason", "") or record_unwritable(view))


def supervise(cassandra, companion, asked_to_end, stopping):
    """Waits until Cassandra ends; returns its exit code. Process 1 also collects every other process that has ended. `asked_to_end` is
    filled at SIGTERM; `stopping` holds the process that does what must be done before the pod ends."""

    def on_sigterm(*_):
        asked_to_end.append(True)
        if not stopping:
            stopping.append(spawn([os.path.join(system.SCRIPTS, "pre-stop.sh")]))

    signal.signal(signal.SIGTERM, on_sigterm)
    if asked_to_end:
        on_sigterm()
    while True:
        pid, status = os.wait()
        if pid in stopping:
            # All is done. Cassandra may have ended meanwhile.
            stopping.remove(pid)
            kill(cassandra, signal.SIGTERM)
        elif pid == cassandra:
            kill(companion, signal.SIGKILL)
            return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def must_start_again(asked_to_end):
    """Whether Cassandra, which has ended, must start again to decommission: the data would be deleted with the pod. While the API server
    does not answer, the data may. `asked_to_end` is filled where the pod is being deleted."""
    if system.has_ordinal():
        return False
    for unknown in itertools.count(1):
        try:
            view = observe.observe()
        except UnknownPod as answer:
            if unknown >= answer.BELIEVED_AFTER:
                return False
            system.sleep(system.PAUSE)
            continue
        if view.is_removed:
            asked_to_end.append(True)
        return must_decommission(view)


def spawn(command):
    return os.posix_spawnp(command[0], command, os.environ)


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    main()
