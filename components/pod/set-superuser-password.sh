#!/bin/sh
# Sets the password of the Secret for the superuser, for `pulumi up`. Prints why if it cannot.
exec python3 -B "${0%/*}/superuser_password.py"
