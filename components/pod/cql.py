"""CQL statements, and the logins they need. The scripts of the image run them: it has no other driver than cqlsh."""
import json
import os
import re
import tempfile

import certificates
import scratch
import superuser_secret
import system
import volume
from ip_address import canonical
from kubernetes_api import NoAnswer

# What a member answers when the members that hold the roles are down. It calls the credentials bad as well then.
ROLES_UNAVAILABLE = "Cannot achieve consistency level"


class CqlFailed(Exception):
    """The superuser could not log in, or a statement failed; the message tells why."""


def cqlsh(name, password, arguments=(), statements=""):
    """Runs cqlsh as a role, or without login where the name is empty. Returns what `system.run` does."""
    with cqlsh_flags(name, password) as flags:
        return system.run(["cqlsh", *flags, *arguments], statements)


class cqlsh_flags:
    """Flags of cqlsh for a role and for certificates. The password is in a file that only this user can read, and that is removed
    afterwards: everybody can read the arguments of a process."""

    def __init__(self, name, password):
        self.name, self.password, self.path = name, password, ""

    def __enter__(self):
        flags, sections = [], ""
        handle, self.path = tempfile.mkstemp(prefix="tmp.", dir=scratch.FOLDER)
        if self.name:
            flags += ["--credentials", self.path]
            sections += "[plain_text_auth]\nusername = %s\npassword = %s\n" % (self.name, self.password)
        if certificates.are_needed():
            flags += ["--cqlshrc", self.path, "--ssl"]
            sections += certificates.cqlshrc_section()
        with os.fdopen(handle, "w") as file:
            file.write(sections)
        return flags

    def __exit__(self, *_):
        os.remove(self.path)


def superuser_login():
    """Name and password that the ring has; two empty strings where clients do not log in. @raises CqlFailed"""
    if not superuser_secret.exists():
        return "", ""
    try:
        name, password, applied = superuser_secret.read()
    except NoAnswer:
        raise CqlFailed("Secret %s cannot be read" % superuser_secret.name())
    return name, applied or password


def run_as_superuser(statements, host=""):
    """Output of statements, run through this member or another one. @raises CqlFailed"""
    name, password = superuser_login()
    code, output, error = cqlsh(name, password, [host] if host else [], statements)
    if code != 0:
        raise CqlFailed(error)
    return output


def try_as(name, password, statements):
    """Whether the statements worked, and their output or the error."""
    code, output, error = cqlsh(name, password, [], statements)
    return (True, output) if code == 0 else (False, error)


def json_rows(output):
    """Rows of `SELECT JSON` in the output of cqlsh."""
    return [json.loads(row) for row in re.findall(r"^ *(\{.*\}) *$", output, re.M)]


def peers_of(host):
    """Addresses by host ID of the members that another member lists besides itself; None when it does not answer. Cassandra lists a
    member with its tokens from NORMAL on until the member has left or was removed, also while the member is down."""
    try:
        output = run_as_superuser("SELECT JSON peer, host_id, tokens FROM system.peers;", host)
    except CqlFailed:
        return None
    if "[json]" not in output:
        return None
    return {row["host_id"]: canonical(row["peer"]) for row in json_rows(output) if row["tokens"]}


def misses_role_replicas(host):
    """Whether nobody can log in to another member because the members that hold the roles are down."""
    try:
        run_as_superuser("", host)
        return False
    except CqlFailed as failure:
        return ROLES_UNAVAILABLE in str(failure)


def delete_transferred_ranges():
    """Has this member forget which ranges an interrupted decommission has streamed: Cassandra would skip them in every later
    decommission, while their new owners have deleted the data or lack later writes. The tables are local to this member.
    @raises CqlFailed"""
    keyspaces = ", ".join("'%s'" % name for name in volume.entries("data") if re.match(r"^\w+$", name))
    # When Cassandra starts, it fills an empty newer table from the older one.
    run_as_superuser(
        "".join(
            "DELETE FROM system.%s WHERE operation = 'Unbootstrap' AND keyspace_name IN (%s);\n" % (table, keyspaces)
            for table in ("transferred_ranges", "transferred_ranges_v2")
        )
    )
