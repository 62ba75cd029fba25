"""What people and `pulumi up` run in a pod: cqlsh as the superuser, and a password that has changed."""
import subprocess
import sys

import roles


def cqlsh(*arguments):
    name, password = roles.login()
    with roles.credentials(name, password) as flags:
        return subprocess.call(["cqlsh", *flags, *arguments])


def password():
    roles.set_password()


if __name__ == "__main__":
    try:
        sys.exit({"cqlsh": cqlsh, "password": password}[sys.argv[1]](*sys.argv[2:]))
    except roles.Refused as refusal:
        sys.exit(str(refusal))
