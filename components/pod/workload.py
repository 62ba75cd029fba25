"""The pods of the ring and what makes them, as the API server tells. Every function raises NoAnswer."""
import os
import urllib.parse

import ring_record
from ip_address import canonical
from kubernetes_api import UnknownPod, account, find, request
from steps import OWED, REPAIRED, RESERVED

# Where the kinds that make pods are served.
API_PATHS = {"ReplicationController": "/api/v1", "DaemonSet": "/apis/apps/v1", "StatefulSet": "/apis/apps/v1"}


def stateful_set_replicas():
    """Pods that this pod's StatefulSet asks for now."""
    name = os.environ["HOSTNAME"].rpartition("-")[0]
    path = "/apis/apps/v1/namespaces/%s/statefulsets/%s" % (account("namespace"), name)
    return request(path)["spec"]["replicas"]


def is_deleted(thing):
    """Whether an object is gone, or is being deleted."""
    return thing is None or "deletionTimestamp" in thing["metadata"]


def controller_path(pod):
    """Path of what makes a pod's kind: `.../replicationcontrollers/cassandra`; None for a pod that stands alone."""
    for owner in pod["metadata"].get("ownerReferences", []):
        if owner.get("controller"):
            namespace, kind = pod["metadata"]["namespace"], owner["kind"]
            return "%s/namespaces/%s/%ss/%s" % (API_PATHS[kind], namespace, kind.lower(), owner["name"])
    return None


def desired_replicas(pod, path, controller, stands_alone):
    """Pods that the ring is to have; 0 when the whole ring is being deleted, -1 while the number is not known."""
    # A namespace that is being deleted loses its pods first, and their controller only after the last pod.
    if is_deleted(find("/api/v1/namespaces/" + pod["metadata"]["namespace"])):
        return 0
    if path is None:
        # A controller that was deleted without its pods leaves them to themselves, with the data of a ring.
        return -1 if not stands_alone else 0 if is_deleted(pod) else 1
    if is_deleted(controller):
        return 0
    if controller["kind"] != "DaemonSet":
        return controller["spec"]["replicas"]
    status = controller["status"]
    if status.get("observedGeneration", 0) < controller["metadata"]["generation"]:
        return -1
    # A DaemonSet that picks no node is there all the same: its ring is not being deleted.
    return status["desiredNumberScheduled"] or -1


def keeps_folder(pod, controller):
    """Whether the data outlives this pod: it is in a folder of the node, and the DaemonSet still wants a pod there."""
    if os.environ["RING_DISK"] != "node" or controller is None:
        return False
    node = find("/api/v1/nodes/" + pod["spec"]["nodeName"])
    return node is not None and is_selected(node["metadata"], controller["spec"]["template"]["spec"])


def is_selected(node, spec):
    """Whether a DaemonSet with pods of this spec wants one on the node, by its labels and its name. Of node affinity, only what is required
    counts: one of its terms, with everything that the term says."""
    selector = spec.get("nodeSelector", {})
    if any(node["labels"].get(key) != value for key, value in selector.items()):
        return False
    required = spec.get("affinity", {}).get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    return not required or any(meets(node, term) for term in required["nodeSelectorTerms"])


def meets(node, term):
    """Whether a node meets a term of node affinity. A term that says nothing selects no node."""
    met = [matches(node["labels"], one) for one in term.get("matchExpressions", [])]
    met += [matches({"metadata.name": node["name"]}, one) for one in term.get("matchFields", [])]
    return bool(met) and all(met)


def matches(labels, requirement):
    """Whether labels meet one requirement of node affinity: {key, operator, values}."""
    value, operator, values = labels.get(requirement["key"]), requirement["operator"], requirement.get("values", [])
    if operator in ("Gt", "Lt"):
        # Kubernetes compares whole numbers, and no other text meets the requirement.
        try:
            return int(value) > int(values[0]) if operator == "Gt" else int(value) < int(values[0])
        except (TypeError, ValueError):
            return False
    return {
        "In": value in values, "NotIn": value not in values, "Exists": value is not None, "DoesNotExist": value is None,
    }[operator]  # fmt: skip


def is_whole_ring(path, entries):
    """Whether a pod is the whole ring: it stands alone, and the record lists nobody else (it may have been one of many before). Its Role
    does not let it list other pods then."""
    me = os.environ["HOSTNAME"]
    own = {me, OWED + me, REPAIRED + me}.union(RESERVED)
    return path is None and own.issuperset(entries) and entries.get("forming", me) == me


def observe():
    """
    All that a pod without ordinal decides on, at one instant:
      version, entries          of the ring record
      pods                      of the ring by member: (address, empty while there is none; whether the pod is being deleted)
      desired_replicas          number of pods
      controller_replaces_pods  whether the controller makes another pod while this one is still ending
      is_removed                whether this pod is being deleted, and its data with it
    @raises UnknownPod when there is no such pod
    """
    namespace = account("namespace")
    pod = find("/api/v1/namespaces/%s/pods/%s" % (namespace, os.environ["HOSTNAME"]))
    if pod is None:
        raise UnknownPod("there is no pod " + os.environ["HOSTNAME"])
    # The record is read before the pods. A member in the record that has no pod is then one that is gone, not one that is still to come.
    version, entries = ring_record.read()
    path = controller_path(pod)
    selector = urllib.parse.quote(os.environ["RING_SELECTOR"])
    others = "/api/v1/namespaces/%s/pods?labelSelector=%s" % (namespace, selector)
    stands_alone = is_whole_ring(path, entries)
    items = [pod] if stands_alone else request(others)["items"]
    controller = path and find(path)
    pods = {}
    for other in items:
        member = other["spec"].get("nodeName") if os.environ["RING_DISK"] == "node" else other["metadata"]["name"]
        if member and other["status"]["phase"] not in ("Failed", "Succeeded"):
            pods[member] = (canonical(other["status"].get("podIP", "")), is_deleted(other))
    return {
        "version": version,
        "entries": entries,
        "pods": pods,
        "desired_replicas": desired_replicas(pod, path, controller, stands_alone),
        "controller_replaces_pods": bool(controller) and controller["kind"] == "ReplicationController",
        "is_removed": is_deleted(pod) and not keeps_folder(pod, controller),
    }
