"""A Kubernetes of one ring: of a StatefulSet, of one for each rack, of a ReplicationController or of a DaemonSet. Pods that come and go,
containers that are started again, disks that stay, addresses that change, an API server that may be away; and the ring record."""
import math
import re

from kernel import Kernel
from pod import Pod
from ring import Ring


class World:
    """@param kind topology of the ring: persistent, racks, ephemeral, or daemon with its rows in folders of the nodes"""

    def __init__(self, seed, kind, replicas, copies):
        self.has_ordinals = kind in ("persistent", "racks")
        self.keeps_disks = kind != "ephemeral"
        self.sets = ["cassandra-a", "cassandra-b"] if kind == "racks" else ["cassandra"]
        self.control = self.control_replicas if kind == "ephemeral" else self.control_names
        self.kernel = Kernel(seed)
        self.ring = Ring(self.kernel, copies, keeps_hints=not self.has_ordinals)
        self.made, self.freed = 0, []
        self.disks, self.pods = {}, {}
        self.record, self.version = {}, 1
        self.api_away, self.read_only = False, False
        self.acknowledged, self.rows = set(), 0
        self.scale(replicas)

    def next_address(self):
        """A new one, or now and then one that a pod had before."""
        if self.freed and self.kernel.random.random() < 0.2:
            return self.freed.pop(self.kernel.random.randrange(len(self.freed)))
        return "10.0.%d.%d" % (self.made // 200, self.made % 200 + 1)

    def scale(self, replicas):
        """Of sets, each gets as many; of a DaemonSet, so many nodes get its label."""
        self.replicas = self.in_racks(replicas)
        self.kernel.at(1.0, lambda: self.control())

    def in_racks(self, replicas):
        return math.ceil(replicas / len(self.sets)) * len(self.sets)

    def wanted_names(self):
        """Of the pods that the sets ask for, or of the nodes that have the label."""
        if self.has_ordinals:
            return [self.name_at(place) for place in range(self.replicas)]
        return ["node-%d" % number for number in range(self.replicas)]

    def name_at(self, place):
        """Of the pod of a set that has that place."""
        return "%s-%d" % (self.sets[place % len(self.sets)], place // len(self.sets))

    def place_of(self, name):
        """Of a pod, counted over the sets in turn; of one without ordinal, when it was made."""
        if not self.has_ordinals:
            return int(re.sub(r"\D", "", name))
        name, _, ordinal = name.rpartition("-")
        return int(ordinal) * len(self.sets) + self.sets.index(name)

    def control_names(self):
        """The StatefulSets' controller: Parallel, so that all pods come and go at once. The DaemonSet's: a node has one pod at a time."""
        for name in self.wanted_names():
            if name not in self.pods:
                self.pods[name] = Pod(self, name)
        for name in [name for name in self.pods if name not in self.wanted_names()]:
            self.delete(name)

    def goes_for_good(self, pod):
        """Whether a pod without ordinal takes its rows with it: those of a node stay with it, while a pod of the ring is to come there."""
        return pod.is_terminating and not (self.keeps_disks and pod.name in self.wanted_names())

    def control_replicas(self):
        """The ReplicationController's: pods that end do not count, and of too many those go first that do not serve, then the youngest."""
        pods = [pod for pod in self.pods.values() if not pod.is_terminating]
        for _ in range(self.replicas - len(pods)):
            name = "cassandra-x%04d" % (self.made + 1)
            self.pods[name] = Pod(self, name)
        serves = lambda pod: bool(pod.cassandra and pod.cassandra.cql)
        for pod in sorted(pods, key=lambda pod: (serves(pod), -pod.number))[: max(0, len(pods) - self.replicas)]:
            self.delete(pod.name)

    # -- what happens to pods --

    def delete(self, name):
        """preStop, the signal to process 1, and at the end of its grace period a kill."""
        pod = self.pods.get(name)
        if pod and not pod.is_terminating:
            pod.is_terminating = True
            self.kernel.spawn("kubelet " + name, lambda: self.terminate(pod))
            self.kernel.at(1.0, self.control)

    def terminate(self, pod):
        if pod.main.task.over:
            return self.gone(pod)
        stop = pod.run("preStop", lambda script: script.load("pre_stop").main())
        # The hook of a pod that has its rows in itself has the time that it takes. It may be cut off all the same.
        cut = self.kernel.random.choice((None, None, None, 1, 5, 20))
        for looks in range(50 if self.has_ordinals else 2000):
            if stop.task.over or looks == cut:
                break
            self.kernel.pause(2.0)
        if not stop.is_over():
            stop.kill()
        pod.signal()
        for _ in range(30 if self.has_ordinals else 2000):
            if pod.main.task.over:
                break
            self.kernel.pause(2.0)
        self.gone(pod)

    def gone(self, pod):
        pod.end_container()
        pod.main.kill()
        if self.pods.get(pod.name) is pod:
            del self.pods[pod.name]
            self.freed.append(pod.address)
            self.kernel.at(1.0, self.control)

    def delete_at_once(self, name):
        """As with a node that is gone."""
        if name in self.pods:
            self.pods[name].is_terminating = True
            self.gone(self.pods[name])

    def kill_container(self, name):
        pod = self.pods.get(name)
        if pod:
            pod.main.kill()

    def kill_cassandra(self, name):
        pod = self.pods.get(name)
        if pod and pod.cassandra:
            pod.cassandra.end(137)

    def lose_disk(self, name):
        self.delete_at_once(name)
        self.disks.pop(name, None)

    # -- what pods see --

    def api_answers(self, pod):
        return not self.api_away

    def write_record(self, entries):
        for key, value in entries.items():
            if value is None:
                self.record.pop(key, None)
            else:
                self.record[key] = value
        self.version += 1

    def address_of(self, host):
        pod = self.pods.get(host.partition(".")[0])
        return pod.address if pod else host

    def addresses(self, host):
        address = self.address_of(host)
        return [] if address == host else [address]

    def resolve(self, hosts):
        return [self.address_of(host) for host in hosts if host]

    def answers(self, pod, host, port):
        address = self.address_of(host)
        if not self.ring.reaches(pod.address, address):
            return False
        one = next((one.cassandra for one in self.pods.values() if one.address == address and one.cassandra), None)
        return bool(one) and (one.cql if port == 9042 else one.gossips)

    # -- what users do --

    def write(self):
        # Drivers leave a member alone once it has left, though its port is open for a while: what it notes for others then goes with it.
        serving = [one for one in (pod.cassandra for pod in self.pods.values()) if one and one.cql and one.host in self.ring.entries]
        if serving:
            row, self.rows = self.rows, self.rows + 1
            if self.ring.write(row, self.kernel.random.choice(serving)):
                self.acknowledged.add(row)
