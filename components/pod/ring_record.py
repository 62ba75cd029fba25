"""The ring record, a ConfigMap that the pods of a ring share. README.md lists its keys. Every function raises NoAnswer."""
import os
import re

import superuser_secret
import system
from kubernetes_api import NoAnswer, namespaced, request
from steps import HOST_ID, OWED, REPAIRED, RESERVED

# Values whose words are counted or looked up. Of all others it is enough that they are one line whose first word is no option of a
# command.
FIRST_RING = r"[1-9][0-9]{0,3}" if system.has_ordinal() else r"[a-z0-9.-]+( [a-z0-9.-]+)*"
SHAPES = {"forming": FIRST_RING, "superuser": r"[A-Za-z0-9_]+"}
LINE = r"([A-Za-z0-9][\x20-\x7e]{0,1000})?"


def path():
    return namespaced("configmaps/" + os.environ["RING_RECORD"])


def read():
    """Version and entries of the record. Keys that no pod writes, as somebody's note, are left out. A key that pods write is not believed
    with a value that no pod writes. @raises NoAnswer"""
    record = request(path())
    entries = {}
    for key, given in (record.get("data") or {}).items():
        # An editor may have added a line break.
        value = given.strip()
        if not is_of_pods(key, value):
            continue
        if not re.fullmatch(SHAPES.get(key, LINE), value):
            raise NoAnswer("the ring record has %r for key %s, which no pod writes" % (given[:60], key))
        entries[key] = value
    return record["metadata"]["resourceVersion"], entries


def is_of_pods(key, value):
    """Whether a pod may have written an entry: by its key, or by what it says of a member."""
    return key in RESERVED or key.startswith((OWED, REPAIRED)) or bool(re.match(r"(empty|left \S+)$|" + HOST_ID, value))


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
