#!/usr/bin/env bash
# Runs beside Cassandra while it starts, and puts the member on record once it is part of the ring.
#   register.sh form N | join | replace | restart
. "${0%/*}/ring.sh"

# The API server may be away for a while; a member that is not on record would be taken for a stranger if its disk went.
persist() { until record "$@"; do sleep 5; done; }

own_id() { nodetool info 2>/dev/null | awk '$1 == "ID" { print $3 }'; }

if [ "$1" = form ]; then
  # CQL opens only when this member itself sees all N: until then a coordinator could put a row where its owner will not look.
  until listens "$POD_IP" $GOSSIP; do sleep 1; done
  until [ "$(nodetool status 2>/dev/null | grep -c '^UN ')" = "$2" ]; do sleep 1; done
else
  until listens "$POD_IP" $CQL; do sleep 1; done
fi

if [ -s "$MARKER" ]; then
  id=$(cat "$MARKER")
else
  until id=$(own_id) && [ -n "$id" ]; do sleep 1; done
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
