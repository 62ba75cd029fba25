"""The modules of the pods' scripts that are the world's: the process, what surrounds it, its disk and its scratch folder."""
import os
import re
import types
from pathlib import Path

from kernel import Killed, steps_of
from remote_modules import api, logins

SCRIPTS = Path(__file__).parent.parent.parent.parent / "components" / "pod"


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
        "port_answers": module(
            "port_answers",
            answers_cql=steps_of(kernel)(lambda host: world.answers(pod, host, 9042)),
            answers_internode=steps_of(kernel)(lambda host: world.answers(pod, host, 7000)),
            # No Cassandra of the model hangs.
            is_silent=lambda host: False,
        ),
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
        SCRIPTS=str(SCRIPTS), PAUSE=pause,
        MEMBER=pod.name, ADDRESS=pod.address, POD_UID=pod.uid, DATACENTER="dc1",
        has_ordinal=lambda: world.has_ordinals, image_version=lambda: "", uuid_in=uuid_in,
        say=lambda *words: kernel.tell(pod.name, *words), now=lambda: "T%d" % kernel.now,
        sleep=sleep, wait_for=wait_for,
        addresses=step(lambda host: world.addresses(host)),
        nodetool=step(lambda *arguments: pod.nodetool(*arguments)),
        BackgroundCommand=BackgroundCommand,
        cassandra_runs=step(lambda: pod.cassandra is not None),
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
        # Every user may write on the disks of the model, and they are never full.
        unwritable=lambda: "", ROOM=0, space=lambda: (0, 0), remove_blank_segments=lambda: [],
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
        LEFT_LOCK="note.lock", STALE_TRANSFERS="owes-forgetting", STOPPING="stopping.note",
        read=pod.scratch.get, write=pod.scratch.__setitem__, remove=lambda name: pod.scratch.pop(name, None), lock=lock,
    )  # fmt: skip


class Lock:
    def __init__(self, script, name):
        self.script, self.name = script, name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.script.pod.scratch_locks.discard(self.name)
