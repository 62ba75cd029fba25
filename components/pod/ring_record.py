"""The ring record, a ConfigMap that the pods of a ring share. README.md lists its keys. Every function raises NoAnswer."""
import os
import re

import superuser_secret
import system
from kubernetes_api import NoAnswer, namespaced, request

# Values whose words are counted or looked up. Of all others it is enough that they are one line whose first word is no option of a
# command.
FIRST_RING = r"[1-9][0-9]{0,3}" if system.has_ordinal() else r"[a-z0-9.-]+( [a-z0-9.-]+)*"
SHAPES = {"forming": FIRST_RING, "superuser": r"[A-Za-z0-9_]+"}
LINE = r"([A-Za-z0-9][\x20-\x7e]{0,1000})?"


def path():
    return namespaced("configmaps/" + os.environ["RING_RECORD"])


def read():
    """Version and entries of the record. A record with an entry that no pod writes is not believed. @raises NoAnswer"""
    record = request(path())
    entries = record.get("data") or {}
    for key, value in entries.items():
        if not re.fullmatch(SHAPES.get(key, LINE), value):
            raise NoAnswer("the ring record has %r for key %s, which no pod writes" % (value[:60], key))
    return record["metadata"]["resourceVersion"], entries


def change(version, entries):
    """Writes entries, and deletes those that are None. @raises Conflict if anybody has written since that version"""
    request(path(), {"metadata": {"resourceVersion": version}, "data": entries}, "merge-patch")


def add_owner(pvc):
    """Makes a PersistentVolumeClaim an owner of the record and of the superuser's Secret: Kubernetes deletes both with the last owner."""
    uid = request(namespaced("persistentvolumeclaims/" + pvc))["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": pvc, "uid": uid}
    for owned in [path()] + ([superuser_secret.path()] if superuser_secret.exists() else []):
        # A strategic merge adds the owner; a plain merge would replace the others.
        request(owned, {"metadata": {"ownerReferences": [owner]}})
