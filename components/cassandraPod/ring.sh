# What start.sh, register.sh and stop.sh share. Sourced, never run.
set -euo pipefail

DATA=${CASSANDRA_DATA:-/var/lib/cassandra}
MARKER=$DATA/ring-member   # host ID of the member whose data this volume holds; there once it has joined
CQL=9042
GOSSIP=7000
NAME=${HOSTNAME}
ORDINAL=${HOSTNAME##*-}

say() { echo "$(date -u +%FT%TZ) ring: $*"; }

# host ORDINAL: a member's name in DNS, which stays when its address changes.
host() { echo "$RING_NAME-$1.$RING_SERVICE"; }

# listens HOST PORT: whether something accepts connections there. A member opens its CQL port once it is a NORMAL part of the
# ring, and closes it before it leaves: asking the port costs nothing, asking nodetool starts a JVM.
listens() { timeout 2 bash -c ': <"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null; }

serves() { listens "$(host "$1")" $CQL; }

record() { python3 "${0%/*}/record.py" "$@"; }

# load: reads the record into the map `entry`; false when the API server does not answer.
declare -A entry
load() {
  local all key value
  all=$(record show) || return 1
  entry=()
  while IFS='=' read -r key value; do [ -z "$key" ] || entry[$key]=$value; done <<<"$all"
}

# is_member POD: whether the record holds a host ID for this pod.
is_member() { case ${entry[$1]:-empty} in empty) return 1 ;; esac; }
