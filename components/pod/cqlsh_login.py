"""cqlsh as the superuser, for people: cqlsh.sh runs this module."""
import subprocess
import sys

import cql


def main(*arguments):
    name, password = cql.superuser_login()
    with cql.cqlsh_flags(name, password) as flags:
        return subprocess.call(["cqlsh", *flags, *arguments])


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except cql.CqlFailed as failure:
        sys.exit(str(failure))
