#!/usr/bin/env bash
# Runs beside Cassandra while it starts, and puts the member on record once it is part of the ring.
#   register.sh form | join | replace | restart
. "${0%/*}/ring.sh"

id=$(cat "$MARKER" 2>/dev/null) || id=""
if [ "$1" = form ]; then
  # CQL opens only when this member itself sees all others: until then a coordinator could put a row where its owner will not
  # look.
  await_first_ring
else
  until listens "$POD_IP" $CQL; do sleep 1; done
  until [ -n "$id" ]; do id=$(nodetool info 2>/dev/null | grep '^ID' | uuid) || sleep 1; done
fi
put_on_record "$id"
echo "$id" >"$MARKER"
say "member $id of the ring, at $POD_IP"

if [ "$1" = form ]; then
  # Others see a member as UN a moment before its own daemon can open the port.
  until nodetool enablebinary; do sleep 1; done
fi
look_after
