"""The ring as a pod without ordinal sees it, which finds the other pods in the API server's list."""
import os

import system
from ring_view import RingView


class UnorderedView(RingView):
    """Of a pod of a ReplicationController, of a DaemonSet, or of a pod that stands alone. Without `observed` (workload.observe), the API
    server has not answered."""

    def __init__(self, observed=None):
        observed = observed or {}
        super().__init__(observed.get("version"), observed.get("entries"))
        self.listed_pods = observed.get("pods", {})
        self.replicas = observed.get("desired_replicas", -1)
        self.controller_replaces_pods = observed.get("controller_replaces_pods", False)
        self.is_removed = observed.get("is_removed", False)

    def sort_key(self, name):
        return name

    def pods(self):
        return self.listed_pods

    def has_pod(self, name):
        return name in self.listed_pods

    def is_being_deleted(self, name):
        return self.listed_pods[name][1]

    def pods_that_stay(self):
        return sorted(name for name in self.listed_pods if not self.is_being_deleted(name))

    def pod_exists(self, name):
        return self.has_pod(name)

    def host(self, name):
        """Address of a pod; empty where there is none."""
        return self.listed_pods.get(name, ("", False))[0]

    def has_address(self, name):
        return bool(self.host(name))

    def first_ring_pods(self):
        return self.record["forming"].split(" ")

    def first_member(self):
        return next((name for name in self.members() if self.has_pod(name)), "")

    def full_restart_seeds(self):
        """Seeds when no other member serves: the first members; without the API server, pods that DNS knows."""
        known = [self.host(name) for name in self.members() if self.host(name)]
        return ",".join((known or system.addresses(os.environ["RING_SERVICE"]) or [self.address])[:3])

    def lost_members(self):
        """Members whose pod no longer exists, and whose data went with the pod. A folder of a node outlives its pods."""
        return [] if self.disk == "node" else [name for name in self.members() if not self.has_pod(name)]

    def desired_replicas(self):
        """Pods that the ring is to have: 0 when the whole ring is being deleted, -1 while the number is not known."""
        return self.replicas
