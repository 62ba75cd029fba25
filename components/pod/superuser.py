"""Makes the superuser of a ring whose clients log in, before any client is served. The ring record's key `superuser` has its name from
then on."""
import base64
import os
import re

import auth_replication
import cql
import observe
import superuser_secret
import system
import volume
from cql import CqlFailed
from kubernetes_api import NoAnswer
from superuser_password import apply_password
from system import say, wait_for

# From the first statement on nobody logs in as the default role, and its permissions are gone. The caches would still accept sessions
# that were opened before.
DROP_DEFAULT_ROLE = """DROP ROLE IF EXISTS cassandra;
TRUNCATE system_views.roles_cache_keys; TRUNCATE system_views.permissions_cache_keys;"""

# Everything with which somebody who logged in as the default role could come back. The port was open to clients until the role was
# dropped. Who creates a role is granted all permissions on it, so that every role leaves a row in role_permissions.
SELECT_ROLES_AND_KEYSPACES = """SELECT JSON role, member_of FROM system_auth.roles;
SELECT JSON role, resource FROM system_auth.role_permissions;
SELECT JSON keyspace_name FROM system_schema.keyspaces;"""
# Cassandra 5.0 and later map certificates to roles.
SELECT_IDENTITIES = "SELECT JSON identity, role FROM system_auth.identity_to_role;"

SYSTEM_KEYSPACE = r"^system(_[a-z]+)?$"


def open_cql(start_mode):
    """Opens the CQL port of a member that started with a closed one. In a ring without superuser the first member opens its port alone
    and makes the superuser; the other members open theirs once the default role is dropped."""
    while superuser_secret.exists():
        view = observe.observe_until_answered(1)
        if view.record.get("superuser"):
            break
        if view.me != view.first_member():
            wait_for("%s must make the superuser before this member serves CQL" % view.first_member())
            continue
        return make_superuser_and_open(view, start_mode)
    open_port()


def make_superuser_and_open(view, start_mode):
    # Clients logged in to a ring with keyspaces of their own before: whatever they made stays.
    is_new = all(re.match(SYSTEM_KEYSPACE, name) for name in volume.entries("data"))
    open_port()
    # The first ring starts with the right replication factor for roles. Another ring was made when clients did not log in.
    if start_mode != "bootstrap_ring":
        until_done(lambda: create_superuser(view))
        while not auth_replication.repair_roles():
            wait_for("the roles must be repaired before the superuser can log in (nodetool repair --full system_auth fails)")

    name = until_done(lambda: create_superuser(view, DROP_DEFAULT_ROLE))
    end_sessions()
    if is_new:
        refuse_foreign_objects(name)
    until_done(apply_password)
    observe.record_until_written({"superuser": name})
    say("the superuser is %s, and Cassandra's default role is dropped" % name)


def until_done(action):
    while True:
        try:
            return action()
        except CqlFailed as failure:
            # A hook of `pulumi up` looks for this line.
            wait_for("the superuser:", failure)


def create_superuser(view, statements=""):
    """Creates the superuser as the default role, whose password everybody knows, then runs the statements as the superuser. Its first
    password is random: users of the ring do not have it, so that they cannot have made what refuse_foreign_objects finds. One session for
    all, since a session takes a second in which no client is served. Returns the name. @raises CqlFailed"""
    try:
        name, _, applied = superuser_secret.read()
        if not applied:
            applied = base64.b64encode(os.urandom(24)).decode()
            superuser_secret.write_applied_password(applied)
    except NoAnswer:
        raise CqlFailed("Secret %s cannot be read or written" % superuser_secret.name())
    replication = auth_replication.alter_replication(view.size())
    login_again = "\nLOGIN %s '%s'\n%s" % (name, applied, statements) if statements else ""
    worked, answer = cql.try_as(
        "cassandra",
        "cassandra",
        "CREATE ROLE IF NOT EXISTS \"%s\" WITH PASSWORD = '%s' AND SUPERUSER = true AND LOGIN = true; %s%s"
        % (name, applied, replication, login_again),
    )
    if not worked:
        # An earlier attempt may have dropped the default role already.
        worked, answer = cql.try_as(name, applied, "%s %s" % (replication, statements))
    if not worked:
        raise CqlFailed("neither %s nor Cassandra's default role can log in (%s)" % (name, answer))
    return name


def end_sessions():
    """Ends the sessions of clients that logged in as the default role: a session lasts longer than its role."""
    while system.nodetool("disablebinary")[0] != 0:
        system.sleep(1)
    open_port()


def open_port():
    """Other members see this one as NORMAL a moment before its own daemon can open the port."""
    while system.nodetool("enablebinary")[0] != 0:
        system.sleep(1)


def refuse_foreign_objects(name):
    """Never serves CQL, if the new ring holds more than Cassandra's own objects and the superuser."""
    found = until_done(lambda: foreign_objects(name))
    if not found:
        return
    system.nodetool("disablebinary")
    while True:
        wait_for(
            "this ring must be deleted with its volumes: somebody logged in as Cassandra's default role before it was dropped, and made %s."
            % ", ".join(found),
            "The ring serves no clients. Allow fewer clients (clientsFrom) to reach the next one",
        )


def foreign_objects(name):
    """Descriptions of all objects besides Cassandra's own and the superuser. @raises CqlFailed"""
    has_identities = any(folder.startswith("identity_to_role-") for folder in volume.entries("data/system_auth"))
    output = cql.run_as_superuser(SELECT_ROLES_AND_KEYSPACES + (SELECT_IDENTITIES if has_identities else ""))
    rows = cql.json_rows(output)
    if not any(row.get("role") == name for row in rows):
        raise CqlFailed("the roles cannot be read")
    return [found for found in (foreign_object(name, row) for row in rows) if found]


def foreign_object(name, row):
    """Description of an object that should not exist; None where a row shows none."""
    if "keyspace_name" in row:
        return None if re.match(SYSTEM_KEYSPACE, row["keyspace_name"]) else "keyspace " + row["keyspace_name"]
    if "resource" in row:
        return "permissions of %s on %s" % (row["role"], row["resource"])
    if "identity" in row:
        return "identity %s of %s" % (row["identity"], row["role"])
    if row["role"] != name:
        return "role " + row["role"]
    return "%s as a member of %s" % (name, " ".join(row["member_of"])) if row.get("member_of") else None
