"""The pods' real scripts, run as processes of the simulated world. Each process gets modules of its own. The modules that look at the
world or change it (system, volume, scratch, the API server, CQL, os) are the world's; those that decide are the real ones."""
import builtins
import types
from functools import lru_cache

from pod_modules import SCRIPTS, simulated

PURE = ("ip_address", "state_log", "steps", "tokens", "decide_restart", "decide_bootstrap", "decide_start", "decide_leave")
REAL = (
    "ring_view", "ordinal_view", "unordered_view", "observe", "cassandra_mode", "gossip", "entrypoint", "cassandra_start",
    "member_address",
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
