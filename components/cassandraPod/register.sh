#!/usr/bin/env bash
# Runs beside Cassandra while it starts, and puts the member on record once it is part of the ring.
#   register.sh form N | join | replace | restart
. "${0%/*}/ring.sh"

# The API server may be away for a while; a member that is not on record would be taken for a stranger if its disk went.
persist() { until record "$@"; do sleep 5; done; }

uuid() { grep -oE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'; }

id=$(cat "$MARKER" 2>/dev/null) || id=""
if [ "$1" = form ]; then
  # CQL opens only when this member itself sees all N: until then a coordinator could put a row where its owner will not look.
  # Each look through nodetool costs a JVM: the first one is worth it only when all are there to be seen.
  for (( i = 0; i < $2; i++ )); do until listens "$(host "$i")" $GOSSIP; do sleep 1; done; done
  until ring=$(nodetool status 2>/dev/null) && [ "$(grep -c '^UN ' <<<"$ring")" = "$2" ]; do sleep 1; done
  id=$(grep -F " $POD_IP " <<<"$ring" | uuid)
else
  until listens "$POD_IP" $CQL; do sleep 1; done
  until [ -n "$id" ]; do id=$(nodetool info 2>/dev/null | grep '^ID' | uuid) || sleep 1; done
fi
[ -z "${RING_CLAIM:-}" ] || persist own "$RING_CLAIM-$NAME"
persist put "$NAME" "$id $POD_IP"
echo "$id" >"$MARKER"
say "member $id of the ring, at $POD_IP"

if [ "$1" = form ]; then
  # Others see a member as UN a moment before its own daemon can open the port.
  until nodetool enablebinary; do sleep 1; done
fi

until load; do sleep 5; done
if [ -z "${entry[formed]:-}" ]; then
  for (( i = 0; i < ${entry[forming]:-1}; i++ )); do is_member "$RING_NAME-$i" || exit 0; done
  persist put formed "$(date -u +%FT%TZ)"
fi
