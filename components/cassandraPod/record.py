#!/usr/bin/env python3
"""The ring record, a ConfigMap, and the pods of the ring, seen from inside one: the image has no curl, but it has Python.

record.py show                      prints each entry as key=value
record.py put KEY VALUE             writes one entry and leaves all others alone
record.py own CLAIM                 makes a claim an owner of the record, and of the superuser's Secret: they go when the last of
                                    their owners has gone
record.py superuser                 prints what the Secret holds, a line each: username, password, and the known password or nothing
record.py known                     writes the known password there, which it reads from its standard input
record.py replicas                  prints how many members the set of this pod asks for now
record.py view                      prints all that a pod without ordinal decides on, a line each:
                                      entry KEY VALUE            of the record
                                      pod MEMBER ADDRESS STATE   of the ring; address `-` while it has none; `here`, `leaving`
                                      self STATE                 `leaving` when what this pod holds goes with it
                                      wanted NUMBER              of pods; 0 when the whole ring is taken down, -1 not yet known
                                      heirs yes|no               whether another pod is made while this one is still leaving
                                      version VERSION            of the record
record.py change VERSION KEY=VALUE ...  writes entries, or deletes those without a value, if nobody wrote any since VERSION

Exit code 1: no answer, or no permission. 3: somebody wrote first. 4: the API server no longer knows this pod.
"""
import base64
import json
import os
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def account(file):
    with open(f"{ACCOUNT}/{file}") as f:
        return f.read().strip()


def call(path, patch=None, kind="strategic-merge-patch"):
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    if ":" in host:
        host = f"[{host}]"
    request = urllib.request.Request(
        f"https://{host}:{os.environ['KUBERNETES_SERVICE_PORT']}{path}",
        method="PATCH" if patch else "GET",
        data=json.dumps(patch).encode() if patch else None,
        headers={"Authorization": f"Bearer {account('token')}", "Content-Type": f"application/{kind}+json"},
    )
    context = ssl.create_default_context(cafile=f"{ACCOUNT}/ca.crt")
    with urllib.request.urlopen(request, timeout=5, context=context) as response:
        return json.load(response)


def found(path):
    """The object, or None when there is none."""
    try:
        return call(path)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def deleting(thing):
    return thing is None or "deletionTimestamp" in thing["metadata"]


def controller(pod):
    """Path of what makes the pods: `replicationcontrollers/cassandra`; None for a pod that stands alone."""
    paths = {"ReplicationController": "/api/v1", "DaemonSet": "/apis/apps/v1", "StatefulSet": "/apis/apps/v1"}
    for owner in pod["metadata"].get("ownerReferences", []):
        if owner.get("controller"):
            namespace = pod["metadata"]["namespace"]
            return f"{paths[owner['kind']]}/namespaces/{namespace}/{owner['kind'].lower()}s/{owner['name']}"
    return None


def wanted(pod, path, maker):
    """Pods that the ring is to have."""
    # A namespace that is deleted loses its pods first, and what makes them after the last of them has ended.
    if deleting(found(f"/api/v1/namespaces/{pod['metadata']['namespace']}")):
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
    node = found(f"/api/v1/nodes/{pod['spec']['nodeName']}")
    selector = maker["spec"]["template"]["spec"].get("nodeSelector", {})
    return node is not None and all(node["metadata"]["labels"].get(key) == value for key, value in selector.items())


def view(namespace, record):
    pod = found(f"/api/v1/namespaces/{namespace}/pods/{os.environ['HOSTNAME']}")
    if pod is None:
        sys.exit(4)
    # First the record, then the pods: a member on record that has no pod is one that is gone, not one that is still to come.
    entries = call(record)
    selector = urllib.parse.quote(os.environ["RING_SELECTOR"])
    pods = call(f"/api/v1/namespaces/{namespace}/pods?labelSelector={selector}")["items"]
    path = controller(pod)
    maker = path and found(path)

    print("version", entries["metadata"]["resourceVersion"])
    for key, value in entries.get("data", {}).items():
        print("entry", key, value)
    for other in pods:
        member = other["spec"].get("nodeName") if os.environ["RING_DISK"] == "node" else other["metadata"]["name"]
        if member and other["status"]["phase"] not in ("Failed", "Succeeded"):
            print("pod", member, other["status"].get("podIP", "-"), "leaving" if deleting(other) else "here")
    print("wanted", wanted(pod, path, maker))
    print("heirs", "yes" if maker and maker["kind"] == "ReplicationController" else "no")
    print("self", "leaving" if deleting(pod) and not stays_on_node(pod, maker) else "here")


def main(command, *args):
    namespace = account("namespace")
    record = f"/api/v1/namespaces/{namespace}/configmaps/{os.environ['RING_RECORD']}"
    secret = f"/api/v1/namespaces/{namespace}/secrets/{os.environ.get('RING_SUPERUSER')}"
    if command == "show":
        for key, value in call(record).get("data", {}).items():
            print(f"{key}={value}")
    elif command == "put":
        key, value = args
        call(record, {"data": {key: value}})
    elif command == "own":
        (claim,) = args
        uid = call(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{claim}")["metadata"]["uid"]
        owner = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": claim, "uid": uid}
        for owned in [record] + ([secret] if "RING_SUPERUSER" in os.environ else []):
            # The strategic kind of patch adds an owner to those that are there; a plain merge would replace them all.
            call(owned, {"metadata": {"ownerReferences": [owner]}})
    elif command == "superuser":
        data = call(secret)["data"]
        for key in ("username", "password", "known"):
            print(base64.b64decode(data.get(key, "")).decode())
    elif command == "known":
        call(secret, {"data": {"known": base64.b64encode(sys.stdin.readline().strip().encode()).decode()}})
    elif command == "replicas":
        name = os.environ["HOSTNAME"].rpartition("-")[0]
        print(call(f"/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}")["spec"]["replicas"])
    elif command == "view":
        view(namespace, record)
    elif command == "change":
        version, *entries = args
        data = {key: value or None for key, value in (entry.split("=", 1) for entry in entries)}
        call(record, {"metadata": {"resourceVersion": version}, "data": data}, "merge-patch")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except urllib.error.HTTPError as error:
        print(f"the ring record: the API server answered {error.code} {error.reason}", file=sys.stderr)
        sys.exit({401: 4, 409: 3}.get(error.code, 1))
    except OSError as error:
        sys.exit(f"the ring record cannot be reached: {error}")
