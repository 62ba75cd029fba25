"""One history: a ring, what happens to it, and whether every acknowledged row is there once all is well again."""
from cluster import World
from engine import Engine


class Lost(Exception):
    """What a history must never come to."""


class History:
    def __init__(self, ask, seed, kind, copies, replicas):
        self.world = World(seed, kind, replicas, copies)
        replicas = self.world.replicas
        self.kernel, self.ring = self.world.kernel, self.world.ring
        self.engine = Engine(self.world, ask, replicas)
        self.kind, self.copies, self.replicas = kind, copies, replicas
        self.least = 1 if copies == 1 else 3

    def run(self, events):
        try:
            self.kernel.run(lambda: len(self.engine.serving()) == self.replicas or self.kernel.now > 400)
            self.kernel.run(self.kernel.now + 10)
            if len(self.engine.serving()) != self.replicas:
                raise Lost("the first ring does not form: %s" % self.state())
            for _ in range(20):
                self.world.write()
            for event in events:
                getattr(self, event[0])(*event[1:])
            self.heal()
            self.check()
        finally:
            self.kernel.end()

    def state(self):
        world = self.world
        pods = {name: (pod.address, pod.cassandra and pod.cassandra.mode, pod.waits_for) for name, pod in sorted(world.pods.items())}
        entries = {host: (one.address, one.status, self.ring.is_up(host)) for host, one in self.ring.entries.items()}
        return "pods %s; ring %s; record %s" % (pods, entries, world.record)

    def tell(self, *words):
        self.kernel.tell("--", *words)

    def pod(self, number):
        names = sorted(self.world.pods)
        return names[number % len(names)] if names else None

    # -- events --

    def wait(self, seconds, _):
        self.kernel.run(self.kernel.now + seconds)

    def write(self, rows, _):
        for _ in range(rows):
            self.world.write()

    def up(self, replicas, _):
        self.replicas = replicas = self.world.in_racks(max(self.least, replicas))
        if self.kind == "daemon":
            self.label(replicas)
        if not self.engine.is_running():
            self.tell("pulumi up, replicas", replicas)
            self.engine.start(replicas)

    def up_to_end(self, replicas, number):
        self.up(replicas, number)
        end = self.kernel.now + 2000
        self.kernel.run(lambda: not self.engine.is_running() or self.kernel.now > end)

    def scale(self, replicas, _):
        """By hand. Pods without volumes hand their rows over, those that serve."""
        replicas = max(self.least, replicas)
        if self.kind == "daemon":
            self.replicas = replicas
            self.label(replicas)
        elif self.world.keeps_disks or (replicas >= self.world.replicas and not self.engine.is_running()):
            self.tell("scaled by hand to", replicas)
            self.world.scale(replicas)

    def scale_unguarded(self, replicas, _):
        """By hand, whatever the members are at."""
        self.tell("scaled by hand to", replicas)
        self.replicas = replicas
        self.world.scale(replicas)

    def label(self, nodes):
        """By hand as well: who gives nodes the label, and takes it away, does so whatever their members are at."""
        self.tell("labelled nodes:", nodes)
        self.world.scale(nodes)

    def kill_engine(self, *_):
        self.tell("the engine is killed")
        self.kernel.kill(self.engine.task)

    def may_end(self, name):
        """Whether the container of a pod may end. With its rows in itself, a pod that goes does not start it again, and a controller that
        makes do with fewer pods takes first those that do not serve: a disk may be lost then."""
        pod = self.world.pods.get(name)
        if self.world.keeps_disks or not pod:
            return pod is not None
        staying = [one for one in self.world.pods.values() if not one.is_terminating]
        may_go = pod.is_terminating or self.engine.is_running() or len(staying) > self.world.replicas
        return self.may_lose(name) or not may_go

    def kill_container(self, number, _):
        if not self.may_end(self.pod(number)):
            return
        self.tell("container killed of", self.pod(number))
        self.world.kill_container(self.pod(number))

    def kill_cassandra(self, number, _):
        pod = self.world.pods.get(self.pod(number))
        # Process 1 starts it anew in a pod that goes.
        is_started_anew = pod and pod.is_terminating
        if not is_started_anew and not self.may_end(self.pod(number)):
            return
        self.tell("Cassandra killed of", self.pod(number))
        self.world.kill_cassandra(self.pod(number))

    def delete_pod(self, number, _):
        pod = self.world.pods.get(self.pod(number))
        if not self.world.keeps_disks and pod and self.has_ended(pod):
            return self.lose_disk(number, _)
        self.tell("pod deleted:", self.pod(number))
        self.world.delete(self.pod(number))

    def has_ended(self, pod):
        """No hook runs in a container that has ended, or is about to."""
        return pod.is_ending or pod.main.task.over or (pod.cassandra_pid and not pod.cassandra)

    def lose_node(self, number, _):
        if not self.world.keeps_disks:
            return self.lose_disk(number, _)
        self.tell("pod gone at once:", self.pod(number))
        self.world.delete_at_once(self.pod(number))

    def lose_disk(self, number, _):
        name = self.pod(number)
        if self.may_lose(name):
            self.tell("disk lost of", name)
            self.world.lose_disk(name)

    def may_lose(self, name):
        """Where three copies allow it: all members are there, and none is yet to be made whole."""
        world = self.world
        whole = all(one.status == "NORMAL" and self.ring.is_up(host) for host, one in self.ring.entries.items())
        debts = any(key.startswith("repair.") or key == "moving" for key in world.record)
        if self.copies == 1 or not whole or debts or not name or len(self.ring.entries) < 3 or self.cut_or_away():
            return False
        pods = [pod for pod in world.pods.values() if pod.is_terminating]
        serve = len(self.engine.serving()) == len(self.ring.entries) and (world.has_ordinals or not pods)
        return serve and all(self.covered(row, name) for row in world.acknowledged)

    def covered(self, row, name):
        """Whether a majority of a row's owners hold it besides that pod."""
        pod = self.world.pods[name]
        return len([host for host in self.ring.holders(row) if not (pod.cassandra and pod.cassandra.host == host)]) >= 1

    def cut_or_away(self):
        return bool(self.ring.cut) or self.world.api_away

    def api(self, seconds, _):
        self.tell("the API server is away for", seconds)
        self.world.api_away = True
        self.kernel.at(seconds, lambda: setattr(self.world, "api_away", False))

    def cut(self, one, other):
        pods = [self.world.pods[self.pod(number)] for number in (one, other) if self.pod(number)]
        if len(pods) == 2 and pods[0] is not pods[1]:
            path = frozenset(pod.address for pod in pods)
            self.tell("path cut between", pods[0].name, "and", pods[1].name)
            self.ring.cut.add(path)
            self.kernel.at(40.0, lambda: self.ring.cut.discard(path))

    def decommission(self, number, _):
        """By hand, of the last member; and never where the copies would be too few."""
        name = max(self.world.pods, key=self.world.place_of, default=None) if self.world.has_ordinals else self.pod(number)
        pod = self.world.pods.get(name)
        if pod and pod.cassandra and pod.cassandra.mode == "NORMAL" and len(self.ring.entries) > self.least:
            self.tell("nodetool decommission by hand on", name)
            self.kernel.spawn("by hand", pod.cassandra.decommission)

    # -- the end --

    def heal(self):
        self.tell("all is healed")
        self.kernel.kill(self.engine.task)
        self.ring.cut.clear()
        self.world.api_away = False
        self.kernel.run(self.kernel.now + 300)
        self.bring_back()
        why = ""
        for _ in range(4):
            self.up_to_end(self.replicas, 0)
            if self.kernel.log[-1].endswith("pulumi: done") or any(line.endswith("pulumi: done") for line in self.kernel.log[-3:]):
                return
            why = self.kernel.log[-1]
            self.kernel.run(self.kernel.now + 100)
        raise Lost("pulumi up does not come to an end: %s; %s" % (why, self.state()))

    def bring_back(self):
        """A node whose label was taken away while its member could not hand its rows over has them still: a person gives it the label
        again, and takes it away once the ring is whole."""
        for _ in range(3 if self.kind == "daemon" else 0):
            disks = self.world.disks.items()
            down = {name for name, disk in disks if disk.host_id in self.ring.entries and not self.ring.is_up(disk.host_id)}
            nodes = (down | self.engine.on_record()) - set(self.world.wanted_names())
            lost = [self.world.place_of(name) for name in nodes]
            if not lost:
                return
            self.label(max(lost) + 1)
            self.engine.start(self.world.replicas)
            self.kernel.run(lambda: not self.engine.is_running())
            self.label(self.replicas)
            end = self.kernel.now + 2000
            self.kernel.run(lambda: self.kernel.now > end or len(self.world.pods) == self.replicas)

    def check(self):
        ring, world = self.ring, self.world
        if len(ring.entries) != self.replicas or any(one.status != "NORMAL" for one in ring.entries.values()):
            raise Lost("the ring is not what the stack says, %d members: %s" % (self.replicas, self.state()))
        least = 1 if self.copies == 1 else 2
        missing = [row for row in sorted(world.acknowledged) if len(ring.holders(row)) < least]
        if missing:
            raise Lost("rows are lost: %s of %d; %s" % (missing[:5], len(world.acknowledged), self.state()))
