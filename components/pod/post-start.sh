#!/bin/sh
# Runs beside Cassandra: puts the member into the ring record, and does what it owes the ring. entrypoint.py starts it.
exec python3 -B "${0%/*}/post_start.py" "$@"
