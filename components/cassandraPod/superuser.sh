#!/usr/bin/env bash
# Makes the password of the Secret that of the superuser. Says why where it cannot.
. "${0%/*}/ring.sh"
set_password || { echo "$complaint" >&2; exit 1; }
