"""Certificates of a ring that encrypts its connections. They come from a Secret, mounted in a folder, and may be renewed at any time."""
import hashlib
import os

import system

FOLDER = os.environ.get("RING_TLS_FOLDER", "/tls")
# Files that Cassandra reads, each made of files of the Secret: key and certificate chain go into one.
FILES = {"keystore.pem": ("tls.key", "tls.crt"), "truststore.pem": ("ca.crt",)}


def are_needed():
    return "RING_TLS" in os.environ


def content(folder, names):
    parts = []
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            parts.append(file.read())
    return b"".join(parts)


def cqlshrc_section():
    """Section of a cqlshrc, the only place from which cqlsh takes a client certificate. cqlsh always shows the member's own certificate:
    while members restart to demand one, some demand it and some do not."""
    files = [("certfile", "ca.crt"), ("userkey", "tls.key"), ("usercert", "tls.crt")]
    return "[ssl]\n" + "".join("%s = %s\n" % (key, os.path.join(FOLDER, name)) for key, name in files)


def install():
    """Copies the certificates of the Secret to where cassandra.yaml names them. @raises OSError when one is missing"""
    for target, names in FILES.items():
        path = os.path.join(os.environ["CASSANDRA_CONF"], target)
        handle = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content(FOLDER, names))
        # In one step: Cassandra may read the file at any moment.
        os.replace(path + ".new", path)


def installed_digest():
    """Digest of the certificates with which Cassandra was started."""
    return hashlib.sha256(content(os.environ["CASSANDRA_CONF"], FILES)).hexdigest()


def mounted_digest():
    """Digest of the certificates that the Secret holds now; empty where they cannot be read."""
    try:
        return hashlib.sha256(b"".join(content(FOLDER, names) for names in FILES.values())).hexdigest()
    except OSError:
        return ""


def reload_if_renewed(loaded):
    """Has Cassandra load the certificates of the Secret if they are not the loaded ones. Open connections go on. Returns the digest of
    those that are loaded now: the same one where Cassandra does not answer."""
    if mounted_digest() in ("", loaded):
        return loaded
    # Kubernetes swaps all files at once. A digest taken during the swap may mix two versions; one taken a second later does not.
    system.sleep(1)
    digest = mounted_digest()
    try:
        install()
    except OSError:
        return loaded
    if system.nodetool("reloadssl")[0] != 0:
        return loaded
    system.say("loaded the renewed certificates of Secret %s" % os.environ["RING_TLS"])
    return digest


def reload_forever():
    loaded = installed_digest()
    while True:
        system.sleep(10)
        loaded = reload_if_renewed(loaded)
