"""The pods' real scripts, run as processes of the simulated world: each gets modules of its own, in which what they look at and what
they do (around, record, os, roles beyond the ring) is the world's, and what they decide is theirs."""
import builtins
import os
import re
import types
from functools import lru_cache
from pathlib import Path

from kernel import Killed

SCRIPTS = Path(__file__).parent.parent.parent.parent / "components" / "pod"
PURE = ("states", "decisions", "tokens")
REAL = ("ring", "member", "leave", "start", "gossip")
CODE = {}
SHARED = {}  # modules that look at nothing: all processes have the same


def read_scripts(breaks):
    """@param breaks texts that are taken out of the scripts, and what stands in their place, to see that a mending is needed"""
    for name in PURE + REAL:
        path = SCRIPTS / (name + ".py")
        text = path.read_text()
        for old, new in breaks:
            text = text.replace(old, new)
        CODE[name] = compile(text, str(path), "exec")
    for old, _ in breaks:
        if not any(old in (SCRIPTS / (name + ".py")).read_text() for name in PURE + REAL):
            raise ValueError("no script has: " + old)


def pure(name):
    if name not in SHARED:
        SHARED[name] = types.ModuleType(name)
        exec(CODE[name], SHARED[name].__dict__)
        if name == "states":  # read over and over from the same lines, and never changed
            SHARED[name].States = lru_cache(maxsize=10_000)(SHARED[name].States)
    return SHARED[name]


class Script:
    """One process of a pod: `main(modules)` runs in it. Threads that it starts end with it."""

    def __init__(self, pod, name, main, ended=None):
        self.pod, self.kernel, self.name = pod, pod.world.kernel, name
        self.tasks, self.locks = [], []
        self.modules = {**simulated(self), **{name: pure(name) for name in PURE}}
        self.task = self.spawn(lambda: self.run(main), ended)

    def run(self, main):
        try:
            main(self)
        except SystemExit:
            pass
        if not any(task is not self.task and not task.over for task in self.tasks):
            self.release()

    def spawn(self, body, ended=None):
        task = self.kernel.spawn("%s %s" % (self.pod.name, self.name), body, ended)
        self.tasks.append(task)
        return task

    def load(self, name):
        if name not in self.modules:
            module = types.ModuleType(name)
            module.__file__ = str(SCRIPTS / name)
            scope = dict(vars(builtins), __import__=self.find)
            module.__dict__["__builtins__"] = scope
            self.modules[name] = module
            exec(CODE[name], module.__dict__)
        return self.modules[name]

    def find(self, name, globals=None, locals=None, fromlist=(), level=0):
        if name in self.modules:
            return self.modules[name]
        return self.load(name) if name in CODE else builtins.__import__(name, globals, locals, fromlist, level)

    def is_over(self):
        return all(task.over for task in self.tasks)

    def kill(self):
        for task in list(self.tasks):
            self.kernel.kill(task)
        self.release()

    def release(self):
        """A lock lasts no longer than the process."""
        for lock in self.locks:
            self.pod.scratch_locks.discard(lock)


def simulated(script):
    """The modules that are the world's."""
    pod, kernel = script.pod, script.kernel
    world = pod.world

    def module(name, **values):
        made = types.ModuleType(name)
        made.__dict__.update(values)
        return made

    environ = dict(pod.environment)
    return {
        "os": module("os", environ=environ, path=os.path, listdir=lambda path: [], **process_functions(script)),
        "around": around(script, module),
        "record": record(script, module),
        "roles": roles(script, module),
        "certificates": module("certificates", are_needed=lambda: False),
        "configure": module("configure", change=lambda *_: None, set_seeds=lambda _: None),
        "shutil": module("shutil", copyfile=lambda *_: None, copytree=lambda *_: None, rmtree=lambda *_, **__: None),
        "threading": module("threading", Thread=lambda target, daemon=False: Thread(script, target)),
        "time": module("time", strftime=lambda *_: "T%d" % kernel.now, gmtime=lambda: None),
        "signal": module("signal", SIGTERM=15, SIGKILL=9, signal=pod.handle_signal),
    }


def uuid_in(text):
    found = re.search(r"\d{8}-aaaa-bbbb-cccc-dddddddddddd", text)
    return found.group(0) if found else ""


class Thread:
    def __init__(self, script, target):
        self.script, self.target = script, target

    def start(self):
        self.script.spawn(self.target)


def process_functions(script):
    """What start.py does as process 1. Only the pod's main process calls them."""
    pod = script.pod
    return {
        "posix_spawnp": lambda name, command, env: pod.spawn_child(command, env),
        "wait": pod.wait_for_child,
        "kill": pod.kill_child,
        "_exit": lambda code: (_ for _ in ()).throw(SystemExit(code)),
        "WIFSIGNALED": lambda status: False,
        "WEXITSTATUS": lambda status: status,
        "WTERMSIG": lambda status: 0,
    }


def around(script, module):
    pod, kernel, world = script.pod, script.kernel, script.pod.world
    disk = lambda: pod.disk

    def step(deed):
        """What happens at one instant, after a moment in which the process may be killed."""

        def run(*arguments, **options):
            kernel.step()
            return deed(*arguments, **options)

        return run

    def sleep(seconds):
        if seconds != 5:
            return kernel.pause(seconds)
        # Who looks every few seconds what Cassandra says is woken when it has said something: it saves the world most of its looks.
        pod.listeners.append(kernel.current)
        return kernel.pause(60.0)

    def wait_for(*words):
        pod.waits_for = " ".join(str(word) for word in words)
        kernel.pause(pause)

    pause = 2.0

    def end_cassandra():
        pod.kill_child(pod.cassandra_pid, 9)

    def write(name, text):
        disk().notes[name] = text

    def wipe():
        # In two halves: it may be cut off between them.
        disk().wipe_data()
        kernel.step()
        disk().notes.clear()

    class Running:
        def __init__(self, command):
            kernel.step()
            self.code, process = None, pod.cassandra
            script.spawn(lambda: self.run(process))

        def run(self, process):
            try:
                self.code = process.decommission() if process else 1
            except Killed:
                self.code = 1
                raise

        def is_over(self):
            return self.code is not None

        def last_words(self):
            return "ended with %s" % self.code

    def lock(name, waits):
        while name in pod.scratch_locks:
            if not waits:
                return None
            kernel.pause(1.0)
        pod.scratch_locks.add(name)
        script.locks.append(name)
        return Lock(script, name)

    def nodetool(*arguments):
        kernel.step()
        return pod.nodetool(*arguments)

    return module(
        "around",
        HERE=str(SCRIPTS), DATA="/data", SCRATCH="/tmp", CQL=9042, GOSSIP=7000, PAUSE=pause,
        MEMBER=pod.name, ADDRESS=pod.address, UID=pod.uid, DATACENTER="dc1",
        MARKER="ring-member", WAY="ring-way", REPAIR="ring-repair", STATES="ring-states", REFUSALS="ring-refusals",
        VERSION="ring-version", cassandra_version=lambda: "",
        say=lambda *words: kernel.tell(pod.name, *words),
        sleep=sleep, wait_for=wait_for,
        listens=step(lambda host, port: world.listens(pod, host, port)),
        addresses=step(lambda host: world.addresses(host)),
        nodetool=nodetool, Running=Running, end_cassandra=step(end_cassandra), lock=lock,
        read=lambda name: disk().notes.get(name, ""),
        is_there=lambda name: name in disk().notes,
        write=step(write),
        remove=step(lambda name: disk().notes.pop(name, None)),
        append_state=lambda line: disk().notes.__setitem__("ring-states", disk().notes.get("ring-states", "") + "\n" + line),
        has_data=lambda: disk().has_data,
        folders=lambda name: ["system_auth"] if disk().has_data else [],
        wipe=step(wipe),
        read_scratch=pod.scratch.get, write_scratch=pod.scratch.__setitem__,
        remove_scratch=lambda name: pod.scratch.pop(name, None),
        uuid_in=uuid_in,
    )  # fmt: skip


class Lock:
    def __init__(self, script, name):
        self.script, self.name = script, name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.script.pod.scratch_locks.discard(self.name)


def record(script, module):
    """The API server, which may be away, and whose answer may be lost after it has done what it was asked to."""
    pod, kernel, world = script.pod, script.kernel, script.pod.world

    class NoAnswer(Exception):
        pass

    class Conflict(NoAnswer):
        pass

    class Unknown(NoAnswer):
        pass

    def ask():
        kernel.step()
        if not world.api_answers(pod):
            raise NoAnswer("away")

    def read():
        ask()
        return world.version, dict(world.record)

    def change(version, entries):
        ask()
        if version != world.version:
            raise Conflict("somebody wrote first")
        world.write_record(entries)
        if kernel.random.random() < 0.02:
            raise NoAnswer("the answer is lost")

    def replicas():
        ask()
        return world.replicas // len(world.sets)

    def view():
        ask()
        if world.pods.get(pod.name) is not pod:
            raise Unknown("there is no such pod")
        version, entries = read()
        kernel.step()
        pods = {name: (one.address, one.is_terminating) for name, one in world.pods.items()}
        return {
            "version": version, "entries": entries, "pods": pods, "wanted": world.replicas, "has_heirs": not world.keeps_disks,
            "goes": world.goes_for_good(pod),
        }  # fmt: skip

    return module(
        "record",
        NoAnswer=NoAnswer, Conflict=Conflict, Unknown=Unknown,
        read=read, change=change, replicas=replicas, own=lambda claim: ask(), view=view,
    )  # fmt: skip


def roles(script, module):
    """Nobody has to log in: what is left is what is asked of other members, and of this one."""
    pod, kernel, world = script.pod, script.kernel, script.pod.world

    class Refused(Exception):
        pass

    def members_of(host):
        kernel.step()
        if not world.listens(pod, host, 9042):
            return None
        return {host_id: one.address for host_id, one in world.ring.entries.items() if one.status in ("NORMAL", "LEAVING")}

    def forget_sent():
        kernel.step()
        if not pod.cassandra or not pod.cassandra.cql:
            raise Refused("cannot log in")
        pod.disk.transferred.clear()

    def open_cql(mode):
        kernel.step()
        if pod.cassandra:
            pod.cassandra.closed = False
            pod.cassandra.cql = pod.cassandra.mode == "NORMAL"

    return module(
        "roles",
        Refused=Refused, are_needed=lambda: False, members_of=members_of, misses_holders=lambda host: False, forget_sent=forget_sent, open_cql=open_cql,
        leave_to_others=lambda see: None, share_with_newcomer=lambda: None, keep_on_those_left=lambda: None,
    )  # fmt: skip
