"""The pods' real scripts, run as processes of the simulated world. Each process gets modules of its own. The modules that look at the
world or change it (system, volume, scratch, the API server, CQL, os) are the world's; those that decide are the real ones."""
import builtins
import os
import re
import types
from functools import lru_cache
from pathlib import Path

from kernel import Killed

SCRIPTS = Path(__file__).parent.parent.parent.parent / "components" / "pod"
PURE = ("state_log", "steps", "tokens", "decide_restart", "decide_bootstrap", "decide_start", "decide_leave")
REAL = (
    "ring_view", "ordinal_view", "unordered_view", "observe", "cassandra_mode", "gossip", "entrypoint", "cassandra_start",
    "post_start", "first_ring", "member_duties", "pre_stop", "decommission", "remove_node",
)  # fmt: skip
CODE = {}
SHARED = {}  # modules that look at nothing: all processes have the same


def read_scripts(breaks):
    """@param breaks texts that are taken out of the scripts, and what stands in their place, to see that they are needed"""
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
        module = types.ModuleType(name)
        module.__dict__["__builtins__"] = dict(vars(builtins), __import__=import_pure)
        exec(CODE[name], module.__dict__)
        if name == "state_log":  # read over and over from the same lines, and never changed
            module.StateLog = lru_cache(maxsize=10_000)(module.StateLog)
        SHARED[name] = module
    return SHARED[name]


def import_pure(name, *arguments):
    return pure(name) if name in PURE else builtins.__import__(name, *arguments)


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
    nothing = lambda *_, **__: None
    return {
        "os": module("os", environ=environ, path=os.path, listdir=lambda path: [], **process_functions(script)),
        "system": system(script, module),
        "volume": volume(script, module),
        "scratch": scratch(script, module),
        **api(script, module),
        **logins(script, module),
        "certificates": module("certificates", are_needed=lambda: False),
        "edit_cassandra_yaml": module("edit_cassandra_yaml", apply_changes=nothing, set_seeds=nothing),
        "shutil": module("shutil", copyfile=nothing, copytree=nothing, rmtree=nothing),
        "threading": module("threading", Thread=lambda target, daemon=False: Thread(script, target)),
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
    """What entrypoint.py does as process 1. Only the pod's main process calls them."""
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


def steps_of(kernel):
    """Makes a function happen at one instant, after a moment in which the process may be killed."""

    def step(deed):
        def run(*arguments, **options):
            kernel.step()
            return deed(*arguments, **options)

        return run

    return step


def system(script, module):
    pod, kernel, world = script.pod, script.kernel, script.pod.world
    step = steps_of(kernel)

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

    class BackgroundCommand:
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

        def has_ended(self):
            return self.code is not None

        def last_line(self):
            return "ended with %s" % self.code

    return module(
        "system",
        SCRIPTS=str(SCRIPTS), CQL_PORT=9042, GOSSIP_PORT=7000, PAUSE=pause,
        MEMBER=pod.name, ADDRESS=pod.address, POD_UID=pod.uid, DATACENTER="dc1",
        has_ordinal=lambda: world.has_ordinals, image_version=lambda: "", uuid_in=uuid_in,
        say=lambda *words: kernel.tell(pod.name, *words), now=lambda: "T%d" % kernel.now,
        sleep=sleep, wait_for=wait_for,
        accepts_connections=step(lambda host, port: world.listens(pod, host, port)),
        addresses=step(lambda host: world.addresses(host)),
        nodetool=step(lambda *arguments: pod.nodetool(*arguments)),
        BackgroundCommand=BackgroundCommand,
        kill_cassandra=step(lambda: pod.kill_child(pod.cassandra_pid, 9)),
    )  # fmt: skip


def volume(script, module):
    pod, kernel = script.pod, script.kernel
    step, disk = steps_of(kernel), lambda: pod.disk

    def wipe():
        # In two halves: it may be cut off between them.
        disk().wipe_data()
        kernel.step()
        disk().notes.clear()

    return module(
        "volume",
        HOST_ID="ring-member", PHASE="ring-way", REPAIR="ring-repair", STATE_LOG="ring-states", REFUSALS="ring-refusals",
        VERSION="ring-version",
        read_note=lambda name: disk().notes.get(name, ""),
        has_note=lambda name: name in disk().notes,
        write_note=step(lambda name, text: disk().notes.__setitem__(name, text)),
        remove_note=step(lambda name: disk().notes.pop(name, None)),
        append_state=lambda line: disk().notes.__setitem__("ring-states", disk().notes.get("ring-states", "") + "\n" + line),
        has_data=lambda: disk().has_data,
        entries=lambda name: ["system_auth"] if disk().has_data else [],
        wipe=step(wipe),
    )  # fmt: skip


def scratch(script, module):
    pod, kernel = script.pod, script.kernel

    def lock(name, waits):
        while name in pod.scratch_locks:
            if not waits:
                return None
            kernel.pause(1.0)
        pod.scratch_locks.add(name)
        script.locks.append(name)
        return Lock(script, name)

    return module(
        "scratch",
        CASSANDRA_PID="cassandra.pid", DECOMMISSION_LOCK="decommission.lock", DECOMMISSION_FAILED="decommission.failed",
        LEFT_LOCK="note.lock", STALE_TRANSFERS="owes-forgetting",
        read=pod.scratch.get, write=pod.scratch.__setitem__, remove=lambda name: pod.scratch.pop(name, None), lock=lock,
    )  # fmt: skip


class Lock:
    def __init__(self, script, name):
        self.script, self.name = script, name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.script.pod.scratch_locks.discard(self.name)


def api(script, module):
    """The API server, which may be away, and whose answer may be lost after it has done what it was asked to."""
    pod, kernel, world = script.pod, script.kernel, script.pod.world

    class NoAnswer(Exception):
        pass

    class Conflict(NoAnswer):
        pass

    class UnknownPod(NoAnswer):
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

    def stateful_set_replicas():
        ask()
        return world.replicas // len(world.sets)

    def observe():
        ask()
        if world.pods.get(pod.name) is not pod:
            raise UnknownPod("there is no such pod")
        version, entries = read()
        kernel.step()
        pods = {name: (one.address, one.is_terminating) for name, one in world.pods.items()}
        return {
            "version": version, "entries": entries, "pods": pods, "desired_replicas": world.replicas,
            "controller_replaces_pods": not world.keeps_disks, "is_removed": world.goes_for_good(pod),
        }  # fmt: skip

    return {
        "kubernetes_api": module("kubernetes_api", NoAnswer=NoAnswer, Conflict=Conflict, UnknownPod=UnknownPod),
        "ring_record": module("ring_record", read=read, change=change, add_owner=lambda pvc: ask()),
        "workload": module("workload", stateful_set_replicas=stateful_set_replicas, observe=observe),
    }


def logins(script, module):
    """Nobody has to log in: what is left is what is asked of other members, and of this one."""
    pod, kernel, world = script.pod, script.kernel, script.pod.world

    class CqlFailed(Exception):
        pass

    def peers_of(host):
        kernel.step()
        if not world.listens(pod, host, 9042):
            return None
        return {host_id: one.address for host_id, one in world.ring.entries.items() if one.status in ("NORMAL", "LEAVING")}

    def delete_transferred_ranges():
        kernel.step()
        if not pod.cassandra or not pod.cassandra.cql:
            raise CqlFailed("cannot log in")
        pod.disk.transferred.clear()

    def open_cql(start_mode):
        kernel.step()
        if pod.cassandra:
            pod.cassandra.closed = False
            pod.cassandra.cql = pod.cassandra.mode == "NORMAL"

    nothing = lambda *_: None
    return {
        "cql": module(
            "cql", CqlFailed=CqlFailed, peers_of=peers_of, misses_role_replicas=lambda host: False,
            delete_transferred_ranges=delete_transferred_ranges,
        ),
        "superuser": module("superuser", open_cql=open_cql),
        "superuser_secret": module("superuser_secret", exists=lambda: False),
        "superuser_password": module("superuser_password", apply_password_until_done=nothing),
        "auth_replication": module(
            "auth_replication", lower_before_decommission=nothing, raise_after_bootstrap=nothing, lower_after_removal=nothing
        ),
    }  # fmt: skip
