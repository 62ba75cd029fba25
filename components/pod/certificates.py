"""Certificates of a ring that encrypts what goes over the network: those of a Secret, mounted in a folder, which may be renewed at
any time."""
import hashlib
import os

import around
from around import say

FOLDER = os.environ.get("RING_TLS_FOLDER", "/tls")
# What Cassandra reads, and of which files of the Secret each is made: key and chain in one.
FILES = {"keystore.pem": ("tls.key", "tls.crt"), "truststore.pem": ("ca.crt",)}


def are_needed():
    return "RING_TLS" in os.environ


def content(folder, names):
    parts = []
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            parts.append(file.read())
    return b"".join(parts)


def of_cqlsh():
    """Section of a cqlshrc, the only place where cqlsh reads a certificate of its own from. It shows this member's own whether the
    ring asks for one or not: while the members restart to ask for one, some do and some do not."""
    files = [("certfile", "ca.crt"), ("userkey", "tls.key"), ("usercert", "tls.crt")]
    return "[ssl]\n" + "".join("%s = %s\n" % (key, os.path.join(FOLDER, name)) for key, name in files)


def take():
    """Copies them to where cassandra.yaml looks. @raises OSError when there is nothing to take"""
    for target, names in FILES.items():
        path = os.path.join(os.environ["CASSANDRA_CONF"], target)
        handle = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content(FOLDER, names))
        # In one step: Cassandra may look at any moment.
        os.replace(path + ".new", path)


def taken():
    """Digest of what Cassandra was started with."""
    return hashlib.sha256(content(os.environ["CASSANDRA_CONF"], FILES)).hexdigest()


def mounted():
    """Digest of what the Secret holds now; empty where that cannot be read."""
    try:
        return hashlib.sha256(b"".join(content(FOLDER, names) for names in FILES.values())).hexdigest()
    except OSError:
        return ""


def keep(taken):
    """Has Cassandra take others when the Secret holds others; one round. Connections that there are go on. Returns what is taken: as long
    as Cassandra does not answer, what was taken before."""
    if mounted() in ("", taken):
        return taken
    # A look between two files would be one at two versions; they are swapped at once, so the second look is right.
    around.sleep(1)
    now = mounted()
    try:
        take()
    except OSError:
        return taken
    if around.nodetool("reloadssl")[0] != 0:
        return taken
    say("took the certificates that Secret %s holds now" % os.environ["RING_TLS"])
    return now
