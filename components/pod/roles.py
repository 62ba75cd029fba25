"""Who may log in: the ring's superuser, whose name and password are in a Secret, and what is asked of a ring through CQL.

`pulumi up` writes `username` and `password` there. `known` is written here: the password that the ring has. With it another one
is set, also when a ring comes up on kept volumes under a password that was made anew.
In the ring record: `superuser`, its name, once it can log in and Cassandra's default role is no more.
"""
import base64
import json
import os
import re
import tempfile

import around
import certificates
import record
import ring
from around import say, wait_for


def are_needed():
    return "RING_SUPERUSER" in os.environ


# What a member that knows the name, and cannot look its password up, calls bad credentials as well.
UNAVAILABLE = "Cannot achieve consistency level"


class Refused(Exception):
    """The superuser could not log in, or do what it was to do; why is in the message."""


def cqlsh(name, password, arguments=(), statements=""):
    """cqlsh under a name, or as nobody without one. The password goes through a file that nobody else can read: everybody can read
    the arguments of a process. Returns what `around.run` does."""
    with credentials(name, password) as flags:
        return around.run(["cqlsh", *flags, *arguments], statements)


class credentials:
    """Flags of cqlsh for a name and its password, and for certificates, as long as the file is there that they name."""

    def __init__(self, name, password):
        self.name, self.password, self.path = name, password, ""

    def __enter__(self):
        flags, sections = [], ""
        handle, self.path = tempfile.mkstemp(prefix="tmp.", dir=around.SCRATCH)
        if self.name:
            flags += ["--credentials", self.path]
            sections += "[plain_text_auth]\nusername = %s\npassword = %s\n" % (self.name, self.password)
        if certificates.are_needed():
            flags += ["--cqlshrc", self.path, "--ssl"]
            sections += certificates.of_cqlsh()
        with os.fdopen(handle, "w") as file:
            file.write(sections)
        return flags

    def __exit__(self, *_):
        os.remove(self.path)


def login():
    """Name and password that the ring knows; two empty ones where nobody has to log in. @raises Refused"""
    if not are_needed():
        return "", ""
    try:
        name, password, known = record.superuser()
    except record.NoAnswer:
        raise Refused("Secret %s cannot be read" % os.environ["RING_SUPERUSER"])
    return name, known or password


def as_superuser(statements, host=""):
    """What the statements print, run through this member or another one. @raises Refused"""
    name, password = login()
    code, printed, complaint = cqlsh(name, password, [host] if host else [], statements)
    if code != 0:
        raise Refused(complaint)
    return printed


def try_as(name, password, statements):
    """Whether it worked, and what was printed, or complained last."""
    code, printed, complaint = cqlsh(name, password, [], statements)
    return (True, printed) if code == 0 else (False, complaint)


# --- what others say --------------------------------------------------------------------------------------------------------------


def members_of(host):
    """Addresses of the members that another one counts as of the ring besides itself, by their host IDs; None when it does not answer.
    It has each with its tokens from the moment at which that is NORMAL until it has left or was removed; also while it is down."""
    try:
        printed = as_superuser("SELECT JSON peer, host_id, tokens FROM system.peers;", host)
    except Refused:
        return None
    if "[json]" not in printed:
        return None
    rows = [json.loads(row) for row in re.findall(r"^ *(\{.*\}) *$", printed, re.M)]
    return {row["host_id"]: row["peer"] for row in rows if row["tokens"]}


def misses_holders(host):
    """Whether another member can let nobody log in, since whoever holds the roles is down."""
    try:
        as_superuser("", host)
        return False
    except Refused as refusal:
        return UNAVAILABLE in str(refusal)


def forget_sent():
    """Has this member forget which ranges it sent in an earlier life: Cassandra never sends them again, in no later decommission, and
    others have deleted them meanwhile, or lack what was written since. It changes this member alone. @raises Refused"""
    keyspaces = ", ".join("'%s'" % name for name in around.folders("data") if re.match(r"^\w+$", name))
    # At a start Cassandra fills the newer table from the older one where it finds it empty.
    as_superuser(
        "".join(
            "DELETE FROM system.%s WHERE operation = 'Unbootstrap' AND keyspace_name IN (%s);\n" % (table, keyspaces)
            for table in ("transferred_ranges", "transferred_ranges_v2")
        )
    )


# --- the password -----------------------------------------------------------------------------------------------------------------


def set_password():
    """Makes the password of the Secret that of the superuser. @raises Refused"""
    secret = os.environ["RING_SUPERUSER"]
    try:
        name, password, known = record.superuser()
    except record.NoAnswer:
        raise Refused("Secret %s cannot be read" % secret)
    if known == password:
        return
    # This member would believe the old one for a while otherwise, and not the new one.
    worked, said = try_as(
        name,
        known,
        "ALTER ROLE \"%s\" WITH PASSWORD = '%s'; TRUNCATE system_views.credentials_cache_keys;" % (name, password),
    )
    if worked:
        say("the superuser %s has another password" % name)
    elif "Bad credentials" not in said or UNAVAILABLE in said:
        raise Refused("the password of %s cannot be set (%s)" % (name, said))
    else:
        # An earlier try may have ended before its note.
        worked, said = try_as(name, password, "")
        if not worked:
            raise Refused(
                "%s cannot log in with any password that Secret %s holds (%s); if the ring has another one, write it to key `known` "
                "there" % (name, secret, said)
            )
    try:
        record.write_known(password)
    except record.NoAnswer:
        raise Refused("Secret %s cannot be written" % secret)


def keep_password():
    """The password may have been changed while no member was there to hear of it."""
    while True:
        try:
            return set_password()
        except Refused as refusal:
            wait_for("the superuser:", refusal)
            around.sleep(60)


# --- the superuser of a new ring --------------------------------------------------------------------------------------------------

# From its first line on nobody logs in as the default role, and what it was granted has gone with it. Sessions of that role would be
# believed for as long as the caches are.
DROP_DEFAULT_ROLE = """DROP ROLE IF EXISTS cassandra;
TRUNCATE system_views.roles_cache_keys; TRUNCATE system_views.permissions_cache_keys;"""

# Whatever the default role may have left behind, by which somebody comes back: it could log in until it was dropped, from wherever the
# network lets CQL through. Whoever makes a role is granted all there is to do with it, so that every role leaves a permission.
LOOK_FOR_STRANGERS = """SELECT JSON role, member_of FROM system_auth.roles;
SELECT JSON role, resource FROM system_auth.role_permissions;
SELECT JSON keyspace_name FROM system_schema.keyspaces;"""
LOOK_FOR_IDENTITIES = "SELECT JSON identity, role FROM system_auth.identity_to_role;"


def make_superuser(see, statements=""):
    """With the default role, whose password everybody knows; it then runs the statements. The password is one that nobody knows yet, so
    that whatever there is in the ring before set_password was not made by its users. All in one session, since each takes a second
    that nobody is served in. Returns its name. @raises Refused"""
    try:
        name, _, known = record.superuser()
        if not known:
            known = base64.b64encode(os.urandom(24)).decode()
            record.write_known(known)
    except record.NoAnswer:
        raise Refused("Secret %s cannot be read or written" % os.environ["RING_SUPERUSER"])
    roles = spread(see.size())
    login_again = "\nLOGIN %s '%s'\n%s" % (name, known, statements) if statements else ""
    worked, said = try_as(
        "cassandra",
        "cassandra",
        "CREATE ROLE IF NOT EXISTS \"%s\" WITH PASSWORD = '%s' AND SUPERUSER = true AND LOGIN = true; %s%s"
        % (name, known, roles, login_again),
    )
    if not worked:
        # An earlier try has come further than that.
        worked, said = try_as(name, known, "%s %s" % (roles, statements))
    if not worked:
        raise Refused("neither %s nor the default role can log in (%s)" % (name, said))
    return name


def end_sessions():
    """Of everybody who came as the default role: each session goes on as whoever it has logged in as."""
    while around.nodetool("disablebinary")[0] != 0:
        around.sleep(1)
    open_port()


def strangers(name):
    """All that there is besides Cassandra's own and the superuser, in words. @raises Refused"""
    # Certificates stand for roles from Cassandra 5.0 on.
    has_identities = any(folder.startswith("identity_to_role-") for folder in around.folders("data/system_auth"))
    said = as_superuser(LOOK_FOR_STRANGERS + (LOOK_FOR_IDENTITIES if has_identities else ""))
    rows = [json.loads(row) for row in re.findall(r"^ *(\{.*\}) *$", said, re.M)]
    if not any(row.get("role") == name for row in rows):
        raise Refused("the roles cannot be read")
    return [one for one in (stranger(name, row) for row in rows) if one]


def stranger(name, row):
    """What a row tells that should not be there; None when nothing is."""
    if "keyspace_name" in row:
        own = re.match("^system(_[a-z]+)?$", row["keyspace_name"])
        return None if own else "keyspace " + row["keyspace_name"]
    if "resource" in row:
        return "permissions of %s on %s" % (row["role"], row["resource"])
    if "identity" in row:
        return "identity %s of %s" % (row["identity"], row["role"])
    if row["role"] != name:
        return "role " + row["role"]
    return "%s as a member of %s" % (name, " ".join(row["member_of"])) if row.get("member_of") else None


def refuse_strangers(name):
    """Serves nothing, for good, if there is more in the ring than Cassandra's own and that superuser."""
    found = until_done(lambda: strangers(name))
    if not found:
        return
    around.nodetool("disablebinary")
    while True:
        wait_for(
            "somebody logged in as Cassandra's default role before it was dropped, and made %s. Nothing is served here;"
            % ", ".join(found),
            "delete this ring and its volumes, and allow fewer clients (clientsFrom) to the next one",
        )


def open_cql(mode):
    """Opens the port of a member that started with a closed one. Of a ring without superuser, the first member does so alone and makes
    it; the others open once the default role is dropped."""
    while are_needed():
        see = ring.look_until_known(1)
        if see.record.get("superuser"):
            break
        if see.me != see.first_member():
            wait_for("%s to make the superuser" % see.first_member())
            continue
        return make_it_and_open(see, mode)
    open_port()


def make_it_and_open(see, mode):
    # One with keyspaces of users was open to everybody before, and is what they made of it.
    is_new = all(re.match("^system(_[a-z]+)?$", name) for name in around.folders("data"))
    open_port()
    # A first ring has as many copies of the roles from the start; this one was made when nobody had to log in.
    if mode != "form":
        until_done(lambda: make_superuser(see))
        while not copy():
            wait_for("the roles to be copied")

    name = until_done(lambda: make_superuser(see, DROP_DEFAULT_ROLE))
    end_sessions()
    if is_new:
        refuse_strangers(name)
    until_done(set_password)
    ring.settle({"superuser": name})
    say("the superuser is %s, and there is no default role any more" % name)


def until_done(deed):
    while True:
        try:
            return deed()
        except Refused as refusal:
            wait_for("the superuser:", refusal)


def open_port():
    """Others see a member as UN a moment before its own daemon can open the port."""
    while around.nodetool("enablebinary")[0] != 0:
        around.sleep(1)


# --- copies of the roles ----------------------------------------------------------------------------------------------------------


def spread(members):
    """The statement that keeps the roles on as many members as the ring has, three at the most: with fewer copies than that nobody
    could log in while a member is away, with more than there are members nobody could at all."""
    return (
        "ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy', '%s': %d};"
        % (around.DATACENTER, min(members, 3))
    )


def copy():
    """Whether all members that are to hold the roles do so afterwards."""
    return around.nodetool("repair", "--full", "system_auth")[0] == 0


def leave_to_others(see):
    """Before this member leaves a ring whose roles every member holds: those that stay have them all, and are asked for no more.
    @raises Refused"""
    left = see.size() - 1
    if not are_needed() or not 0 < left < 3:
        return
    # With fewer copies, a row that only this member has taken would be asked of nobody any more.
    if not copy():
        raise Refused("the roles cannot be repaired before they are kept on %d members" % left)
    try:
        as_superuser(spread(left))
    except Refused:
        raise Refused("the superuser cannot log in to keep the roles on %d members" % left)


def keep_on_those_left():
    """After others have gone for good."""
    see = ring.look_until_known()
    if not are_needed() or see.size() >= 3:
        return
    try:
        as_superuser(spread(see.size()))
    except Refused:
        say("the superuser cannot log in to keep the roles on %d members" % see.size())


def share_with_newcomer():
    """A member that joins a small ring holds all roles as well. Before it goes on record, and so while it is still its turn: nobody
    leaves meanwhile, who would want fewer copies."""
    see = ring.look_until_known(5)
    size = len(see.others()) + 1
    if not are_needed() or size > 3:
        return
    for _ in range(3):
        try:
            as_superuser(spread(size))
            if copy():
                return
        except Refused:
            pass
        around.sleep(5)
    say(
        "the roles stay on fewer members than there are: the superuser cannot log in to copy them, or their repair fails"
    )
