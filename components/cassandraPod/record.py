#!/usr/bin/env python3
"""The ring record, a ConfigMap, seen from inside a pod: the image has no curl, but it has Python.

record.py show             prints each entry as key=value
record.py put KEY VALUE    writes one entry and leaves all others alone
record.py own CLAIM        makes a claim an owner of the record, which goes when the last of its owners has gone
record.py replicas         prints how many members the set asks for now
"""
import json
import os
import ssl
import sys
import urllib.request

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def account(file):
    with open(f"{ACCOUNT}/{file}") as f:
        return f.read().strip()


def call(path, patch=None):
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    if ":" in host:
        host = f"[{host}]"
    request = urllib.request.Request(
        f"https://{host}:{os.environ['KUBERNETES_SERVICE_PORT']}{path}",
        method="PATCH" if patch else "GET",
        data=json.dumps(patch).encode() if patch else None,
        headers={
            "Authorization": f"Bearer {account('token')}",
            # The strategic kind adds an owner to those that are there; a plain merge would replace them all.
            "Content-Type": "application/strategic-merge-patch+json",
        },
    )
    context = ssl.create_default_context(cafile=f"{ACCOUNT}/ca.crt")
    with urllib.request.urlopen(request, timeout=5, context=context) as response:
        return json.load(response)


def main(command, *args):
    namespace = account("namespace")
    record = f"/api/v1/namespaces/{namespace}/configmaps/{os.environ['RING_RECORD']}"
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
        call(record, {"metadata": {"ownerReferences": [owner]}})
    elif command == "replicas":
        name = os.environ["RING_NAME"]
        print(call(f"/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}")["spec"]["replicas"])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except OSError as error:
        sys.exit(f"the ring record cannot be reached: {error}")
