#!/bin/sh
# Process 1 of the container: decides how this pod enters the ring, and starts Cassandra.
exec python3 -B "${0%/*}/entrypoint.py"
