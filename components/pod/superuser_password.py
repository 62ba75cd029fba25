"""Sets the password of the superuser. set-superuser-password.sh runs this module for `pulumi up`."""
import sys

import cql
import superuser_secret
import system
from cql import CqlFailed
from kubernetes_api import NoAnswer


def apply_password():
    """Sets the password of the Secret in the ring, and notes it in the Secret. @raises CqlFailed"""
    secret = superuser_secret.name()
    try:
        name, password, applied = superuser_secret.read()
    except NoAnswer:
        raise CqlFailed("Secret %s cannot be read" % secret)
    if applied == password:
        return
    # This member would accept the old password and refuse the new one for as long as its cache is valid.
    worked, answer = cql.try_as(
        name,
        applied,
        "ALTER ROLE \"%s\" WITH PASSWORD = '%s'; TRUNCATE system_views.credentials_cache_keys;" % (name, password),
    )
    if worked:
        system.say("the password of superuser %s was changed" % name)
    elif "Bad credentials" not in answer or cql.ROLES_UNAVAILABLE in answer:
        raise CqlFailed("the password of superuser %s cannot be set (%s)" % (name, answer))
    else:
        # An earlier attempt may have ended before it noted the password.
        worked, answer = cql.try_as(name, password, "")
        if not worked:
            raise CqlFailed(
                "%s cannot log in with any password that Secret %s holds (%s). If the ring has another password, write it to key `known` "
                "of the Secret" % (name, secret, answer)
            )
    try:
        superuser_secret.write_applied_password(password)
    except NoAnswer:
        raise CqlFailed("Secret %s cannot be written" % secret)


def apply_password_until_done():
    """The Secret may have changed while no member ran."""
    while True:
        try:
            return apply_password()
        except CqlFailed as failure:
            # A hook of `pulumi up` looks for this line.
            system.wait_for("the superuser:", failure)
            system.sleep(60)


if __name__ == "__main__":
    try:
        apply_password()
    except CqlFailed as failure:
        sys.exit(str(failure))
