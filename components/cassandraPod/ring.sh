# What start.sh, register.sh and stop.sh share. Sourced, never run.
set -euo pipefail

DATA=${CASSANDRA_DATA:-/var/lib/cassandra}
MARKER=$DATA/ring-member   # host ID of the member whose data this disk holds; there once it has joined
CQL=9042
GOSSIP=7000
MEMBER=$RING_MEMBER        # this pod's key in the ring record: its own name, or its node's where the disk is the node's

say() { echo "$(date -u +%FT%TZ) ring: $*"; }

last_word="" next_word=0 pause=1
wait_for() { # wait_for MESSAGE: says why this pod waits, once a minute or when the reason changes; returns after a pause
  if [ "$*" != "$last_word" ] || (( SECONDS >= next_word )); then
    say "waiting: $*"
    last_word=$* next_word=$(( SECONDS + 60 ))
  fi
  sleep "$pause" & wait $!
}

# listens HOST PORT: whether something accepts connections there. A member opens its CQL port once it is a NORMAL part of the
# ring, and closes it before it leaves: asking the port costs nothing, asking nodetool starts a JVM.
listens() { timeout 2 bash -c ': <"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null; }

record() { python3 "${0%/*}/record.py" "$@"; }

has_data() { compgen -G "$DATA/data/system/local-*/*" >/dev/null; }

# has_joined: whether Cassandra has come so far in its first start as to make the keyspaces that it does with others, a second or
# two before it is a member. nodetool costs the CPU time of a second, which all members want just then: asked sooner, it slows them
# down in vain.
has_joined() { compgen -G "$DATA/data/system_auth/*" >/dev/null; }

uuid() { grep -oE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'; }

# commas WORD ...: the words, comma-separated, as Cassandra takes its seeds.
commas() { local IFS=,; echo "$*"; }

# is_member POD: whether the record, which `load` reads into the map `entry`, holds a host ID for this pod.
declare -A entry
is_loaded=no # whether it has been read since this script began
is_member() { case $1:${entry[$1]:-empty} in superuser:* | *:empty | *:"left "*) return 1 ;; esac; }

# wipe: empties the disk.
wipe() { rm -rf "$DATA"/{data,commitlog,hints,saved_caches,cdc_raw} "$DATA"/ring-*; }

. "${0%/*}/auth.sh"
. "${0%/*}/tls.sh"

# How pods find each other and take turns: `ordered.sh` by the ordinals of a StatefulSet, `crowd.sh` without any.
. "${0%/*}/$RING_PODS.sh"
