"""The ring as a pod of a StatefulSet sees it, which finds the other pods by their names in DNS."""
import os

import system
import workload
from kubernetes_api import NoAnswer
from ring_view import RingView


class OrdinalView(RingView):
    """Of the pods of one StatefulSet, or of one StatefulSet a rack. Pods are counted over the StatefulSets in turn: a-0, b-0, c-0,
    a-1."""

    has_ordinals = True
    STATEFUL_SETS = os.environ.get("RING_SETS", "").split()
    SERVICE = os.environ.get("RING_SERVICE", "")

    def sort_key(self, pod):
        ordinal = self.ring_ordinal_of(pod)
        return (ordinal is None, ordinal or 0, pod)

    def ring_ordinal_of(self, pod):
        """Position of a pod in the ring, counted over all StatefulSets; None for a pod of none of them."""
        name, _, number = pod.rpartition("-")
        if name not in self.STATEFUL_SETS or not number.isdigit():
            return None
        return int(number) * len(self.STATEFUL_SETS) + self.STATEFUL_SETS.index(name)

    @property
    def ring_ordinal(self):
        return self.ring_ordinal_of(os.environ["HOSTNAME"])

    def pod_at(self, ring_ordinal):
        count = len(self.STATEFUL_SETS)
        return "%s-%s" % (self.STATEFUL_SETS[ring_ordinal % count], ring_ordinal // count)

    def first_pods(self, count):
        return [self.pod_at(ring_ordinal) for ring_ordinal in range(count)]

    def first_ring_pods(self):
        return self.first_pods(int(self.record["forming"]))

    def first_member(self):
        return self.pod_at(0)

    def is_member(self, name):
        return super().is_member(name) and self.ring_ordinal_of(name) is not None

    def host(self, pod):
        """A member's name in DNS, which stays when its address changes."""
        return "%s.%s" % (pod, self.SERVICE)

    def has_address(self, pod):
        return bool(system.addresses(self.host(pod)))

    def pod_exists(self, pod):
        """Whether DNS knows a pod. Where DNS knows no member at all, DNS itself is away, and the pod may exist."""
        others = [name for name in self.members() if name not in (pod, self.me)]
        return self.has_address(pod) or not any(self.has_address(name) for name in others)

    def seed_candidates(self):
        """Members in the record, else the first pods that DNS knows: the record is empty or unreadable."""
        return self.members() or [pod for pod in self.first_pods(4) if self.has_address(pod)]

    def full_restart_seeds(self):
        """Seeds when no other member serves: the first members, this pod perhaps among them. That is harmless on a disk with data.
        Without any seed, all members would wait for one another."""
        return self.seed_list(self.seed_candidates()[:3])

    def lost_members(self):
        """None: a pod with ordinal comes back, and replaces its own member where the volume is lost."""
        return []

    def desired_replicas(self):
        """Pods that all StatefulSets ask for; None when the API server does not answer."""
        try:
            return workload.stateful_set_replicas() * len(self.STATEFUL_SETS)
        except NoAnswer:
            return None
