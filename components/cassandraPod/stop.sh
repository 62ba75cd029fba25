#!/usr/bin/env bash
# preStop. What it says goes where Cassandra's own log goes, so that `kubectl logs` shows it.
if [ -w /proc/1/fd/1 ]; then exec >>/proc/1/fd/1 2>&1; fi
. "${0%/*}/ring.sh"
leave
