#!/bin/sh
# What the container runs: decides how this pod enters the ring, and starts Cassandra.
exec python3 -B "${0%/*}/start.py"
