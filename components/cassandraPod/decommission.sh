#!/usr/bin/env bash
# Has this member move its rows to the others and leave the ring, at the word of `pulumi up`, and goes on when that has ended.
# Why it failed stands in /tmp/decommission.failed, where who watches it looks. What it says goes where Cassandra's own log goes.
if [ -w /proc/1/fd/1 ]; then exec >>/proc/1/fd/1 2>&1; fi
. "${0%/*}/ring.sh"
run=${TMPDIR:-/tmp}/decommission
exec 9>"$run.lock"
flock -n 9 || exit 0 # it is under way
rm -f "$run.failed"

say "moving the rows of $MEMBER to the other members, to leave the ring"
# Should the container end between the last row and the note of it below, the member comes back as one that joins.
echo leaving >"$DATA/ring-way"
if ! said=$(leave_roles 2>&1); then
  say "could not leave: $said"
  echo "$said" >"$run.failed"
  exit 1
fi
# Forced: keyspaces of Cassandra's own want more copies than a small ring has members. Those of users were looked at before.
if ! said=$(nodetool decommission --force 2>&1); then
  say "could not leave: $said"
  echo "$said" >"$run.failed"
  exit 1
fi
# Of this pod: another one that comes to this volume joins anew.
persist put "$MEMBER" "left $POD_UID"
# Cassandra still runs, without a part in any ring; what it writes meanwhile goes when a pod comes to this volume again.
wipe || true
say "left: the other members hold all rows, and this disk is empty"
