"""The ring record, a ConfigMap, and the pods of the ring, seen from inside one: the image has no curl, but it has Python.

Every call raises NoAnswer when the API server is silent, refuses or has no such object; its subclasses tell why where it matters.
"""
import base64
import json
import os
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


class NoAnswer(Exception):
    """The API server did not do what was asked: it is away, is overloaded, or the account may not."""


class Conflict(NoAnswer):
    """Somebody wrote first."""


class Missing(NoAnswer):
    """There is no such object."""


class Unknown(NoAnswer):
    """The API server does not know this pod, or its account any more."""


def account(file):
    try:
        with open(os.path.join(ACCOUNT, file)) as f:
            return f.read().strip()
    except OSError as error:
        raise NoAnswer("this pod has no account: %s" % error)


def call(path, patch=None, kind="strategic-merge-patch"):
    """One request. @raises urllib.error.HTTPError, OSError"""
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    if ":" in host:
        host = "[%s]" % host
    request = urllib.request.Request(
        "https://%s:%s%s" % (host, os.environ["KUBERNETES_SERVICE_PORT"], path),
        method="PATCH" if patch else "GET",
        data=json.dumps(patch).encode() if patch else None,
        headers={"Authorization": "Bearer " + account("token"), "Content-Type": "application/%s+json" % kind},
    )
    context = ssl.create_default_context(cafile=os.path.join(ACCOUNT, "ca.crt"))
    with urllib.request.urlopen(request, timeout=5, context=context) as response:
        return json.load(response)


def asked(*arguments):
    """Like `call`, with the errors of this module."""
    try:
        return call(*arguments)
    except urllib.error.HTTPError as error:
        kind = {401: Unknown, 404: Missing, 409: Conflict}.get(error.code, NoAnswer)
        raise kind("the API server answered %s %s" % (error.code, error.reason))
    except (OSError, ValueError, KeyError) as error:
        raise NoAnswer("the API server cannot be reached: %s" % error)


def found(path):
    """The object, or None when there is none."""
    try:
        return asked(path)
    except Missing:
        return None


def objects(kind):
    """Path of the objects of a kind in this pod's namespace."""
    return "/api/v1/namespaces/%s/%s" % (account("namespace"), kind)


def path_of_record():
    return objects("configmaps/" + os.environ["RING_RECORD"])


# Entries whose words are counted or looked up; of all others it is enough that they are one line, whose first word is no option of a
# command that it is given to.
FORMING = {"ordinal": r"[1-9][0-9]{0,3}"}.get(os.environ.get("POD_IDENTITY"), r"[a-z0-9.-]+( [a-z0-9.-]+)*")
SHAPES = {"forming": FORMING, "superuser": r"[A-Za-z0-9_]+"}
LINE = r"([A-Za-z0-9][\x20-\x7e]{0,1000})?"


def read():
    """Version and entries of the record. One with an entry that no pod can have written is not believed. @raises NoAnswer"""
    record = asked(path_of_record())
    entries = record.get("data") or {}
    for key, value in entries.items():
        if not re.fullmatch(SHAPES.get(key, LINE), value):
            raise NoAnswer("the ring record says %r for %s, which no pod writes" % (value[:60], key))
    return record["metadata"]["resourceVersion"], entries


def change(version, entries):
    """Writes entries, or deletes those that are None. @raises Conflict if anybody wrote any since that version"""
    asked(path_of_record(), {"metadata": {"resourceVersion": version}, "data": entries}, "merge-patch")


def own(claim):
    """Makes a claim an owner of the record, and of the superuser's Secret: they go when the last of their owners has gone."""
    uid = asked(objects("persistentvolumeclaims/" + claim))["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": claim, "uid": uid}
    owned = [path_of_record()]
    if "RING_SUPERUSER" in os.environ:
        owned.append(path_of_superuser())
    for path in owned:
        # The strategic kind of patch adds an owner to those that are there; a plain merge would replace them all.
        asked(path, {"metadata": {"ownerReferences": [owner]}})


def path_of_superuser():
    return objects("secrets/" + os.environ["RING_SUPERUSER"])


def superuser():
    """What the Secret holds: name, password, and the password that the ring is known to have, or an empty one."""
    data = asked(path_of_superuser()).get("data") or {}
    return tuple(base64.b64decode(data.get(key, "")).decode() for key in ("username", "password", "known"))


def write_known(password):
    asked(path_of_superuser(), {"data": {"known": base64.b64encode(password.encode()).decode()}})


def replicas():
    """How many members the set of this pod asks for now."""
    name = os.environ["HOSTNAME"].rpartition("-")[0]
    path = "/apis/apps/v1/namespaces/%s/statefulsets/%s" % (account("namespace"), name)
    return asked(path)["spec"]["replicas"]


def deleting(thing):
    return thing is None or "deletionTimestamp" in thing["metadata"]


def controller(pod):
    """Path of what makes the pods: `replicationcontrollers/cassandra`; None for a pod that stands alone."""
    paths = {"ReplicationController": "/api/v1", "DaemonSet": "/apis/apps/v1", "StatefulSet": "/apis/apps/v1"}
    for owner in pod["metadata"].get("ownerReferences", []):
        if owner.get("controller"):
            namespace = pod["metadata"]["namespace"]
            return "%s/namespaces/%s/%ss/%s" % (paths[owner["kind"]], namespace, owner["kind"].lower(), owner["name"])
    return None


def wanted(pod, path, maker):
    """Pods that the ring is to have; 0 when the whole ring is taken down, -1 while it is not known."""
    # A namespace that is deleted loses its pods first, and what makes them after the last of them has ended.
    if deleting(found("/api/v1/namespaces/" + pod["metadata"]["namespace"])):
        return 0
    if path is None:
        return 0 if deleting(pod) else 1
    if deleting(maker):
        return 0
    if maker["kind"] != "DaemonSet":
        return maker["spec"]["replicas"]
    status = maker["status"]
    if status.get("observedGeneration", 0) < maker["metadata"]["generation"]:
        return -1
    return status["desiredNumberScheduled"]


def stays_on_node(pod, maker):
    """Whether the disk outlives this pod: it is the node's, and the node still has a pod of the ring to come."""
    if os.environ["RING_DISK"] != "node" or maker is None:
        return False
    node = found("/api/v1/nodes/" + pod["spec"]["nodeName"])
    selector = maker["spec"]["template"]["spec"].get("nodeSelector", {})
    return node is not None and all(node["metadata"]["labels"].get(key) == value for key, value in selector.items())


def is_alone(path, entries):
    """Whether a pod is all that there is of its ring: nobody makes others (it may have been one of many before), and nobody else is on
    record. It is not allowed to look at other pods then."""
    me = os.environ["HOSTNAME"]
    own = {me, "repair." + me, "forming", "formed", "moving", "superuser"}
    return path is None and own.issuperset(entries) and entries.get("forming", me) == me


def view():
    """
    All that a pod without ordinal decides on, as it was at one instant:
      version, entries   of the record
      pods               of the ring, by member: address, empty while there is none, and whether it is being deleted
      wanted             number of pods
      has_heirs          whether another pod is made while this one is still leaving
      goes               whether this pod is being deleted, and what it holds goes with it
    @raises Unknown when there is no such pod
    """
    namespace = account("namespace")
    pod = found("/api/v1/namespaces/%s/pods/%s" % (namespace, os.environ["HOSTNAME"]))
    if pod is None:
        raise Unknown("there is no pod " + os.environ["HOSTNAME"])
    # First the record, then the pods: a member on record that has no pod is one that is gone, not one that is still to come.
    version, entries = read()
    path = controller(pod)
    selector = urllib.parse.quote(os.environ["RING_SELECTOR"])
    others = "/api/v1/namespaces/%s/pods?labelSelector=%s" % (namespace, selector)
    items = [pod] if is_alone(path, entries) else asked(others)["items"]
    maker = path and found(path)
    pods = {}
    for other in items:
        member = other["spec"].get("nodeName") if os.environ["RING_DISK"] == "node" else other["metadata"]["name"]
        if member and other["status"]["phase"] not in ("Failed", "Succeeded"):
            pods[member] = (other["status"].get("podIP", ""), deleting(other))
    return {
        "version": version,
        "entries": entries,
        "pods": pods,
        "wanted": wanted(pod, path, maker),
        "has_heirs": bool(maker) and maker["kind"] == "ReplicationController",
        "goes": deleting(pod) and not stays_on_node(pod, maker),
    }
