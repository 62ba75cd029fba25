#!/usr/bin/env bash
# Runs beside Cassandra while it starts, and puts the member on record once it is part of the ring.
#   register.sh form | join | replace | restart [closed]
. "${0%/*}/ring.sh"

# mend: what a member that replaces another has streamed comes from one other copy of each row, and that may have missed a write
# which the lost disk had acknowledged with a third one: QUORUM would not see it without both of these being compared. What is
# owed is on the disk, so that a pod that ends first leaves it to the next one.
mend() {
  local said
  while [ -e "$DATA/ring-repair" ]; do
    say "comparing this member's rows with their other copies (nodetool repair)"
    if said=$(nodetool repair --full 2>&1); then
      rm "$DATA/ring-repair"
      say "repaired: this member has every row that another copy has"
    else
      say "the repair is tried again in a minute: $(tail -n 1 <<<"$said")"
      sleep 60
    fi
  done
}

id=$(cat "$MARKER" 2>/dev/null) || id=""
way=$1 closed=${2:-}
if [ "$way" = form ]; then
  # CQL opens only when this member itself sees all others: until then a coordinator could put a row where its owner will not
  # look.
  closed=closed
  await_first_ring
elif [ -n "$closed" ]; then
  until nodetool netstats 2>/dev/null | grep -q '^Mode: NORMAL'; do sleep 1; done
else
  until listens "$POD_IP" $CQL; do sleep 1; done
fi
until [ -n "$id" ]; do id=$(nodetool info 2>/dev/null | grep '^ID' | uuid) || sleep 1; done
[ "$way" != join ] || ! needs_login || join_roles
put_on_record "$id"
echo "$id" >"$MARKER"
say "member $id of the ring, at $POD_IP"

[ -z "$closed" ] || open_cql
mend &
if needs_login; then keep_password & fi
if needs_tls; then keep_certificates & fi
look_after
wait
