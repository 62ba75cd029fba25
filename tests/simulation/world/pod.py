"""A pod of the simulated Kubernetes: its containers, its processes, and nodetool in it."""
from cassandra import Process
from maintenance import removenode, repair
from pods import Script
from ring import Disk


class Pod:
    """One pod: its containers follow each other, its scratch folder lasts as long as it does; its disk outlives it, where it is a volume
    or a folder of its node. One of a DaemonSet has the name of its node, after which its member is called."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        world.made += 1
        self.number = world.made
        self.uid, self.address = "pod%d" % world.made, world.next_address()
        self.disk = world.disks.setdefault(name, Disk()) if world.keeps_disks else Disk()
        self.scratch, self.scratch_locks = {}, set()
        self.environment = {
            "RING_MEMBER": self.name, "HOSTNAME": self.name, "POD_IP": self.address, "POD_UID": self.uid,
            "RING_SERVICE": "cassandra", "RING_RECORD": "cassandra-ring", "RING_NAME": "cassandra",
            "CASSANDRA_NUM_TOKENS": "1", "CASSANDRA_CONF": "/config",
        }  # fmt: skip
        if world.has_ordinals:
            self.environment.update(POD_IDENTITY="ordinal", RING_SETS=" ".join(world.sets), RING_CLAIM="data")
        else:
            disk = "node" if world.keeps_disks else "pod"
            self.environment.update(POD_IDENTITY="none", RING_DISK=disk, RING_SELECTOR="app=cassandra")
        self.is_terminating = False
        self.waits_for, self.listeners = "", []
        self.start_container()

    # -- the container --

    def start_container(self):
        self.children, self.ended_children, self.pids = {}, [], 0
        self.is_ending = False
        self.cassandra = self.cassandra_pid = None
        self.signal_handler, self.signals, self.scripts, self.waiting = None, [], [], False
        self.main = self.run("entrypoint", lambda script: script.load("entrypoint").main(), self.container_ended)

    def is_current(self):
        return not self.is_terminating and self.world.pods.get(self.name) is self

    def container_ended(self):
        """Kubernetes starts a container again that has ended, unless its pod goes."""
        self.end_container()
        main, delay = self.main, self.world.kernel.random.choice((1.0, 5.0, 20.0))
        if self.is_current():
            self.world.kernel.at(delay, lambda: self.is_current() and self.main is main and self.start_container())

    def end_container(self):
        if self.cassandra:
            self.cassandra.end(137)
        for script in self.scripts:
            script.kill()
        self.scratch_locks.clear()

    def run(self, name, main, ended=None):
        script = Script(self, name, main, ended)
        self.scripts.append(script)
        return script

    def decommission_script(self):
        """What `pulumi up` has the pod do."""
        return self.run("decommission", lambda script: script.load("decommission").main())

    # -- process 1 --

    def spawn_child(self, command, env):
        self.world.kernel.step()
        self.pids += 1
        pid = self.pids
        if command[0] == "docker-entrypoint.sh":
            self.cassandra_pid = pid
            self.cassandra = Process(
                self.world.ring, self.disk, self.address, self.world.resolve(env["CASSANDRA_SEEDS"].split(",")), command[3:],
                self.write_state(self.disk), lambda code: self.child_ended(pid, code),
            )  # fmt: skip
            self.children[pid] = self.cassandra
        elif command[0].endswith("post-start.sh"):
            self.children[pid] = self.run("post-start", lambda script: script.load("post_start").main(*command[1:]))
        else:
            self.children[pid] = self.run("pre-stop", lambda script: (script.load("pre_stop").main(), self.child_ended(pid, 0)))
        return pid

    def write_state(self, disk):
        def write(line):
            disk.notes["ring-states"] = disk.notes.get("ring-states", "") + "\n" + line
            for task in self.listeners:
                if not task.over:
                    self.world.kernel.wake(task, self.world.kernel.random.uniform(0, 5))
            self.listeners.clear()

        return write

    def child_ended(self, pid, code):
        if pid == self.cassandra_pid:
            self.cassandra = None
        self.ended_children.append((pid, code))
        self.stir()

    def stir(self):
        if self.waiting and not self.main.task.over:
            self.world.kernel.wake(self.main.task)

    def wait_for_child(self):
        while not self.ended_children:
            if self.signals and self.signal_handler:
                self.signals.clear()
                self.signal_handler()
            else:
                self.waiting = True
                self.world.kernel.block()
                self.waiting = False
        return self.ended_children.pop(0)

    def signal(self):
        """SIGTERM to process 1; while it still decides how to enter, it ends at once."""
        self.signals.append(15)
        self.is_ending = True
        if self.waiting:
            self.stir()
        elif not self.cassandra_pid and self.world.has_ordinals:
            self.world.kernel.kill(self.main.task)
        elif not self.cassandra_pid and self.signal_handler:
            self.signals.clear()
            self.signal_handler(15, None)

    def kill_child(self, pid, number):
        child = self.children.get(pid)
        if isinstance(child, Process):
            child.end(128 + number)
        elif child:
            child.kill()

    def handle_signal(self, number, handler):
        self.signal_handler = handler

    def nodetool(self, command, *arguments):
        cassandra = self.cassandra
        if not cassandra or not cassandra.host:
            return 1, "", "nodetool: Failed to connect"
        if command == "netstats":
            return 0, "Mode: %s\n" % (cassandra.mode or "STARTING"), ""
        if command == "info":
            return 0, "ID : %s\n" % cassandra.host, ""
        if command == "status":
            ring, states = self.world.ring, {"NORMAL": "N", "LEAVING": "L"}
            lines = [
                "%s%s %s x %s" % ("U" if ring.is_up(host) else "D", states.get(one.status, "J"), one.address, host)
                for host, one in ring.entries.items()
            ]
            return 0, "\n".join(lines), ""
        if command == "describecluster":
            return 0, "Keyspaces:\n    rows -> Replication class: SimpleStrategy {replication_factor=%d}\n" % self.world.ring.copies, ""
        if command == "enablebinary":
            cassandra.closed, cassandra.cql = False, cassandra.mode == "NORMAL"
            return 0, "", ""
        if command == "reloadseeds":
            return 0, "", ""
        if command == "drain":
            cassandra.cql = cassandra.gossips = False
            cassandra.say_mode("DRAINED")
            return 0, "", ""
        if command == "repair":
            self.world.kernel.pause(self.world.kernel.random.choice((3.0, 60.0)))
            return (0 if self.cassandra is cassandra and repair(cassandra, "--force" in arguments) else 1), "", "repair failed"
        if command == "removenode":
            complaint = removenode(cassandra, *arguments)
            return (1 if complaint else 0), "", complaint
        raise AssertionError("nodetool " + command)
