#!/bin/sh
# Runs beside Cassandra: puts the member on record, and does what it owes the others. Started by entrypoint.sh.
exec python3 -B "${0%/*}/member.py" "$@"
