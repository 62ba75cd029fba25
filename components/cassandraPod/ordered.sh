# Pods of StatefulSets: each is known by its ordinal, keeps its name and its volume, and is found by its name in DNS. Later
# members join in order of their places. Sourced by ring.sh.
#
# In the record: `forming` (number of members of the first ring), `formed` (time of formation), and for each pod `empty`,
# `<host ID> <address>`, or `left <UID of the pod>` once it has moved its rows to the others and left the ring.

# The ring's set, or one for each rack. Pods are counted over them in turn, a-0, b-0, c-0, a-1: that is a pod's place.
read -ra SETS <<<"$RING_SETS"

# pod PLACE
pod() { echo "${SETS[$1 % ${#SETS[@]}]}-$(( $1 / ${#SETS[@]} ))"; }

# place POD
place() {
  local i
  for i in "${!SETS[@]}"; do [ "${SETS[i]}" != "${1%-*}" ] || echo $(( ${1##*-} * ${#SETS[@]} + i )); done
}

PLACE=$(place "$HOSTNAME")

# host PLACE: a member's name in DNS, which stays when its address changes.
host() { echo "$(pod "$1").$RING_SERVICE"; }

# hosts PLACE ...: their names as seeds; this pod by its address, since DNS may not know it yet.
hosts() {
  local i list=()
  for i in "$@"; do
    if [ "$i" = "$PLACE" ]; then list+=("$POD_IP"); else list+=("$(host "$i")"); fi
  done
  commas "${list[@]}"
}

serves() { listens "$(host "$1")" $CQL; }

# load: reads the record into the map `entry`; false when the API server does not answer.
load() {
  local all key value
  all=$(record show) || return 1
  entry=()
  while IFS='=' read -r key value; do [ -z "$key" ] || entry[$key]=$value; done <<<"$all"
  is_loaded=yes
}

# The API server may be away for a while; a member that is not on record would be taken for a stranger if its disk went.
persist() { until record "$@"; do sleep 5; done; }
settle() { persist put "${1%%=*}" "${1#*=}"; }

members() {
  local key
  for key in "${!entry[@]}"; do case $key in "$RING_NAME"-*) ! is_member "$key" || echo "$key" ;; esac; done
}

first_member() { pod 0; }

# ring_size: those of the first ring come on record one after another.
ring_size() { if [ -n "${entry[formed]:-}" ]; then members | wc -l; else echo "${entry[forming]:-1}"; fi; }

# known_places: of members on record, else of the first pods that DNS knows (the record cannot be reached, or is new).
known_places() {
  local i
  for i in $(members); do place "$i"; done | sort -n | grep . && return
  for i in 0 1 2 3; do ! getent hosts "$(host "$i")" >/dev/null || echo "$i"; done
}

# peers: up to three other members that serve CQL. Never this pod: a seed does not stream, it would join empty.
peers() {
  local i found=()
  for i in $(known_places); do
    [ "$i" = "$PLACE" ] || ! serves "$i" || found+=("$i")
    (( ${#found[@]} < 3 )) || break
  done
  hosts "${found[@]}"
}

# come_back: with the members that serve as seeds. Where none does, the whole ring is starting again: its first members are the
# seeds, this pod perhaps among them, which is harmless on a disk that has its rows; with no seed at all every member would wait
# for another for ever.
come_back() {
  local seeds first
  seeds=$(peers)
  if [ -z "$seeds" ]; then
    mapfile -t first < <(known_places)
    seeds=$(hosts "${first[@]:0:3}")
  fi
  restart "$seeds"
}

# first_silent: the first place before this pod's that does not serve. One data move at a time: Cassandra refuses two.
first_silent() {
  local i
  for (( i = 0; i < PLACE; i++ )); do serves "$i" || { echo "$i"; return; }; done
}

# ready_to_form N: whether the first N pods have all said that their disks are empty.
ready_to_form() {
  local i
  for (( i = 0; i < $1; i++ )); do [ "${entry[$(pod "$i")]:-}" = empty ] || return 1; done
}

# has_left: whether the rows on this disk are no member's any more.
has_left() { [[ ${entry[$MEMBER]:-} == "left "* ]]; }

enter() {
  local i seeds silent size
  if [ -s "$MARKER" ]; then
    load || say "starting without the ring record: the disk is this member's own"
    if ! has_left; then come_back; return; fi
  fi
  while :; do
    if ! load; then wait_for "the ring record $RING_RECORD to be readable"; continue; fi

    if [ "${entry[$MEMBER]:-}" = "left $POD_UID" ]; then
      wait_for "this pod to be deleted: its member has left the ring, and the others hold its rows. A pod that comes after it" \
        "joins anew"

    elif has_left; then
      say "emptying this disk: its member has left the ring, and the others hold its rows"
      wipe
      record put "$MEMBER" empty || wait_for "the ring record $RING_RECORD to be writable"

    elif is_member "$MEMBER"; then
      if has_data; then come_back; return; fi
      seeds=$(peers)
      if [ -n "$seeds" ]; then replace "$MEMBER" "${entry[$MEMBER]#* }" "$seeds"; return; fi
      wait_for "this disk is empty, though $MEMBER is a member (${entry[$MEMBER]}), and no other member serves CQL;" \
        "it will stream its rows from them and will not form a second ring"

    elif [ -n "${entry[formed]:-}" ]; then
      silent=$(first_silent)
      seeds=$(peers)
      if [ -n "$seeds" ] && [ -z "$silent" ]; then join "$seeds"; return; fi
      [ -z "$silent" ] || silent=$(host "$silent")
      wait_for "a ring was formed at ${entry[formed]}; ${silent:-one of its members} must serve CQL before this pod joins it"

    elif [ -n "${entry[forming]:-}" ]; then
      size=${entry[forming]}
      if (( PLACE < size )); then
        for (( i = 0; i < size; i++ )); do
          until getent hosts "$(host "$i")" >/dev/null; do wait_for "$(host "$i") to have an address"; done
        done
        form "$PLACE" "$size" "$(hosts $(seq 0 $(( size - 1 ))))" ${#SETS[@]}
        return
      fi
      wait_for "the first $size members to form the ring"

    elif has_data; then
      come_back; return

    else
      if ! record put "$MEMBER" empty; then wait_for "the ring record $RING_RECORD to be writable"; continue; fi
      entry[$MEMBER]=empty
      if (( PLACE == 0 )); then
        if ! size=$(record replicas); then wait_for "the set ${HOSTNAME%-*} to be readable"; continue; fi
        size=$(( size * ${#SETS[@]} ))
        if ready_to_form "$size" && record put forming "$size"; then continue; fi
        wait_for "all $size pods to say that their disks are empty, to form the first ring"
      else
        wait_for "$(pod 0) to say that the first ring forms"
      fi
    fi
  done
}

# await_first_ring: until this member itself sees all others of the first ring. Sets `id`.
await_first_ring() {
  local i size ring
  until load; do sleep 5; done
  size=${entry[forming]}
  for (( i = 0; i < size; i++ )); do until listens "$(host "$i")" $GOSSIP; do sleep 1; done; done
  until has_joined; do sleep 1; done
  until ring=$(nodetool status 2>/dev/null) && [ "$(grep -c '^UN ' <<<"$ring")" = "$size" ]; do sleep 1; done
  id=$(grep -F " $POD_IP " <<<"$ring" | uuid)
}

put_on_record() { # put_on_record ID
  [ -z "${RING_CLAIM:-}" ] || persist own "$RING_CLAIM-$MEMBER"
  rm -f "$DATA/ring-way"
  persist put "$MEMBER" "$1 $POD_IP"
}

# look_after: the last member of the first ring to come here says that it has formed.
look_after() {
  local i
  until load; do sleep 5; done
  [ -z "${entry[formed]:-}" ] || return 0
  for (( i = 0; i < ${entry[forming]:-1}; i++ )); do is_member "$(pod "$i")" || return 0; done
  persist put formed "$(date -u +%FT%TZ)"
}

# leave: a pod of a set comes back to its volume, whatever ends it. It hands over open requests and flushes, so that the next
# start has no commit log to replay. A pod that still waits to enter the ring has nothing to drain.
leave() { ! listens "$POD_IP" $GOSSIP || nodetool drain; }
