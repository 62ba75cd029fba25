#!/bin/sh
# preStop. What it says goes where the log of Cassandra goes, so that `kubectl logs` shows it.
if [ -w /proc/1/fd/1 ]; then exec >>/proc/1/fd/1 2>&1; fi
exec python3 -B "${0%/*}/leave.py" stop
