#!/bin/sh
# Makes the password of the Secret that of the superuser. Says why where it cannot.
exec python3 -B "${0%/*}/login.py" password
