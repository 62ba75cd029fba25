"""The replication factor of system_auth, Cassandra's keyspace of roles.

It is the number of members, three at most. With a lower one nobody could log in while a member is down. With a higher one than there are
members, nobody could log in at all.
"""
import cql
import observe
import superuser_secret
import system
from cql import CqlFailed
from system import say


def alter_replication(members):
    """The statement that sets the replication factor for that many members."""
    return (
        "ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy', '%s': %d};"
        % (system.DATACENTER, min(members, 3))
    )


def repair_roles():
    """Whether all members that must hold the roles hold them afterwards."""
    return system.nodetool("repair", "--full", "system_auth")[0] == 0


def lower_before_decommission(view):
    """Lowers the replication factor before this member leaves a ring of three or fewer. @raises CqlFailed"""
    remaining = view.size() - 1
    if not superuser_secret.exists() or not 0 < remaining < 3:
        return
    # Once the factor is lower, nobody asks this member for a role that it alone holds.
    if not repair_roles():
        raise CqlFailed("system_auth cannot be repaired, which is needed before its replication factor is lowered to %d" % remaining)
    try:
        cql.run_as_superuser(alter_replication(remaining))
    except CqlFailed as failure:
        raise CqlFailed("the superuser cannot log in to lower the replication factor of system_auth to %d (%s)" % (remaining, failure))


def lower_after_removal():
    """Lowers the replication factor after members were removed."""
    view = observe.observe_until_answered()
    if not superuser_secret.exists() or view.size() >= 3:
        return
    try:
        cql.run_as_superuser(alter_replication(view.size()))
    except CqlFailed as failure:
        say("the superuser cannot log in to set the replication factor of system_auth to %d (%s)" % (view.size(), failure))


def raise_after_bootstrap():
    """Raises the replication factor for a member that joins a ring of two or fewer. The member does so before the record lists it, and so
    under the topology lock: no other member leaves meanwhile and lowers the factor."""
    view = observe.observe_until_answered(5)
    size = len(view.other_members()) + 1
    if not superuser_secret.exists() or size > 3:
        return
    for _ in range(3):
        try:
            cql.run_as_superuser(alter_replication(size))
            if repair_roles():
                return
        except CqlFailed:
            pass
        system.sleep(5)
    say(
        "the replication factor of system_auth stays below %d, the number of members: the superuser cannot log in, or the repair of "
        "system_auth failed. Clients may fail to log in while a member is down" % size
    )
