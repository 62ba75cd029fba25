"""Decides how this pod enters the ring, then starts Cassandra and stays its parent, as process 1 of the container.

Kubernetes ends a container with a signal to process 1, however its preStop hook has ended: what a member owes the others before it
goes is done, or gone on with, at that signal as well.
"""
import itertools
import os
import shutil
import signal
import sys

import around
import certificates
import configure
import decisions
import record
import ring
import roles
import tokens
from around import say, wait_for
from states import States


def enter(asked):
    """Looks, decides and does what was decided, until Cassandra may start. Returns how, and the view that it was decided on. Once `asked`
    to end, it goes on only for rows that go with this pod, and that a started member can hand over."""
    for looks in itertools.count():
        try:
            see = ring.look()
        except record.NoAnswer:
            see = ring.UnorderedView()
        see.looks = looks
        if asked and not decisions.has_rows_to_hand_over(see):
            os._exit(143)
        step = decisions.enter(see)
        if isinstance(step, decisions.Start):
            return step, see
        if isinstance(step, decisions.Wait):
            wait_for(step.why)
        elif isinstance(step, decisions.Note):
            around.write(around.WAY, step.way)
        elif isinstance(step, decisions.Wipe):
            say("emptying this disk:", step.why)
            around.wipe()
        else:
            if isinstance(step, decisions.StartOver):
                say(step.why)
            changes = see.starting_over() if isinstance(step, decisions.StartOver) else step.changes
            if not ring.change(see, changes):
                wait_for(getattr(step, "otherwise", "") or "the ring record %s to be writable" % see.record_name)


def options(start, see):
    """What Cassandra is started with."""
    if start.mode == "replace":
        return ["-Dcassandra.replace_address_first_boot=" + start.lost]
    if start.mode == "restart":
        # A decommission that was cut off may have written already that this disk is to bootstrap: the others say that it is a member
        # still, and so it has all that was written, and takes its tokens up again as it is.
        undone = ["-Dcassandra.auto_bootstrap=false"] if start.is_undone else []
        return undone + (["-Dcassandra.start_native_transport=false"] if is_closed(start, see) else [])
    if start.mode != "form":
        return []
    pods = see.forming()
    racks = len(see.SETS) if see.has_ordinals else 1
    mine = tokens.tokens(pods.index(see.me), len(pods), int(os.environ["CASSANDRA_NUM_TOKENS"]), racks)
    # Safe here and nowhere else: all disks are empty, and no member serves CQL before it sees every other one (member.py), so there
    # is no row that a member could miss by not streaming.
    first = [
        "-Dcassandra.auto_bootstrap=false",
        "-Dcassandra.initial_token=" + ",".join(str(token) for token in mine),
        "-Dcassandra.start_native_transport=false",
        "-Dcassandra.skip_wait_for_gossip_to_settle=0",
        # Nobody was here before, whose address this could be. A look for one asks again after five seconds where another member does
        # not listen yet, and all start at once.
        "-Dcassandra.allow_unsafe_join=true",
    ]
    if not roles.are_needed():
        return first
    return first + [
        # The roles on as many members as roles.spread is about to want, so that none has to be copied.
        "-Dcassandra.system_auth.default_rf=%d" % min(len(pods), 3),
        # After ten seconds otherwise, and CQL opens after that.
        "-Dcassandra.superuser_setup_delay_ms=500",
        # The superuser is made with a password that nobody knows, and gets its own right after; five seconds later otherwise.
        "-Dcassandra.role_password_update_min_interval_in_ms=0",
    ]


def is_closed(start, see):
    """Whether a member starts with a closed CQL port: of a ring whose members all ended before it had a superuser, nobody but the
    first member may come to the default role."""
    return (
        start.mode == "restart"
        and roles.are_needed()
        and see.record is not None
        and not see.record.get("superuser")
    )


def tell(start, see):
    if start.mode == "restart":
        if see.record is None:
            say("starting without the ring record: the disk is this member's own")
        say("restart: this disk holds member %s; seeds %s" % (see.marker or see.me, start.seeds))
    elif start.mode == "form":
        say("form: first ring of %s, seeds %s" % (start.seeds.count(",") + 1, start.seeds))
    elif start.mode == "join":
        say("join: streaming this member's share from the ring, seeds", start.seeds)
    else:
        lost = see.way.split(" ")[1]
        say(
            "replace: the disk of %s is gone, taking the place of the member last seen at %s, seeds %s"
            % (lost, start.lost, start.seeds)
        )


def prepare(start, see):
    """All that has to be there before Cassandra is."""
    if see.marker and not see.way and not see.states.leaving:
        for name in (around.STATES, around.REFUSALS):
            around.remove(name)  # of lives that are over and that nobody has a question about
    if start.mode == "replace" or (start.mode == "restart" and see.misses_a_removal()):
        # What is owed is on the disk, so that a pod that ends first leaves it to the next one.
        around.write(around.REPAIR, "")
    if start.mode == "restart":
        # What an earlier life has sent is to be forgotten before this member may leave (member.py).
        around.write_scratch("owes-forgetting", "")
    # The entry point edits its configuration, and the image cannot be written to. Afresh, since a container may start again.
    image, here = os.environ.get("CASSANDRA_IMAGE_CONF", "/etc/cassandra"), os.environ["CASSANDRA_CONF"]
    for name in os.listdir(image):
        copy = shutil.copytree if os.path.isdir(os.path.join(image, name)) else shutil.copyfile
        target = os.path.join(here, name)
        if copy is shutil.copytree:
            shutil.rmtree(target, ignore_errors=True)
        copy(os.path.join(image, name), target)
    shutil.copyfile(os.path.join(around.HERE, "logback.xml"), os.path.join(here, "logback.xml"))
    configure.change(os.path.join(around.HERE, "cassandra.json"), os.path.join(here, "cassandra.yaml"))
    if certificates.are_needed():
        certificates.take()
    os.environ["CASSANDRA_SEEDS"] = start.seeds
    around.append_state("start %s %s" % (start.mode, around.ADDRESS))


def note_version():
    """Of the Cassandra that is about to start, before it writes anything. Returns what takes that back if it ends before it has, as where it
    does not take its configuration: the older one may start again then."""
    version, before = around.cassandra_version(), around.read(around.VERSION)
    if version in ("", before):
        return lambda: None
    segments = around.folders("commitlog")
    around.write(around.VERSION, version)

    def take_back():
        # Its first write makes a segment of the commit log.
        if States(around.read(around.STATES)).mode or around.folders("commitlog") != segments:
            return
        if before:
            around.write(around.VERSION, before)
        else:
            around.remove(around.VERSION)

    return take_back


def spawn(command):
    return os.posix_spawnp(command[0], command, os.environ)


def supervise(cassandra, companion, asked, stopping):
    """Waits until Cassandra ends; returns the exit code. As process 1 it also collects whatever else has ended. `asked` is filled once it
    is asked to end, `stopping` has the process that does what is owed before that."""

    def stop(*_):
        asked.append(True)
        if not stopping:
            stopping.append(spawn([os.path.join(around.HERE, "pre-stop.sh")]))

    signal.signal(signal.SIGTERM, stop)
    if asked:
        stop()
    while True:
        pid, status = os.wait()
        if pid in stopping:
            # What was owed is done. Cassandra may have ended meanwhile.
            stopping.remove(pid)
            end(cassandra, signal.SIGTERM)
        elif pid == cassandra:
            end(companion, signal.SIGKILL)
            return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def owes_hand_over(asked):
    """Whether rows go with this pod that Cassandra, which has ended, can hand over if it starts anew: Kubernetes starts no container again
    of a pod that goes. While the API server does not tell whether this one does, it may. `asked` is filled where it does."""
    if os.environ["POD_IDENTITY"] == "ordinal":
        return False
    for _ in range(10):
        try:
            see = ring.look()
        except record.Unknown:
            # Asked again and again: one answer may be that of a server that has just started.
            around.sleep(around.PAUSE)
            continue
        if see.goes:
            asked.append(True)
        return decisions.has_rows_to_hand_over(see)
    return False


def end(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def main():
    asked, stopping = [], []

    def note_asked(*_):
        # As process 1, Python would ignore the signal, and a waiting pod would use up its whole grace period.
        if os.environ["POD_IDENTITY"] == "ordinal":
            os._exit(143)
        asked.append(True)

    while True:
        signal.signal(signal.SIGTERM, note_asked)
        around.remove_scratch("cassandra.pid")  # of the one before, whose number another process may have
        start, see = enter(asked)
        tell(start, see)
        prepare(start, see)
        closed = ["closed"] if is_closed(start, see) else []
        take_back = note_version()
        cassandra = spawn(["docker-entrypoint.sh", "cassandra", "-f"] + options(start, see))
        around.write_scratch("cassandra.pid", str(cassandra))
        companion = spawn([os.path.join(around.HERE, "post-start.sh"), start.mode] + closed)
        code = supervise(cassandra, companion, asked, stopping)
        take_back()
        if not owes_hand_over(asked):
            sys.exit(code)
        say("Cassandra has ended (%s) before its rows were handed over: starting it anew, since no container of a pod that goes is" % code)
        around.sleep(around.PAUSE)


if __name__ == "__main__":
    main()
