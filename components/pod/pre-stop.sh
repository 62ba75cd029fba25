#!/bin/sh
# The preStop hook. Prints to the log of the container, so that `kubectl logs` shows it.
if [ -w /proc/1/fd/1 ]; then exec >>/proc/1/fd/1 2>&1; fi
exec python3 -B "${0%/*}/pre_stop.py"
