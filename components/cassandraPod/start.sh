#!/usr/bin/env bash
# Decides how this pod enters the ring, then becomes Cassandra:
#
#   restart   its disk holds a member: comes back as that member, on whatever address the pod has now
#   form      no ring was ever formed and every pod of the set says that its disk is empty: they form it together
#   join      a ring exists: streams this pod's share of the rows from it, after all pods of lower ordinal have joined
#   replace   the record knows a member of this name but its disk is gone: takes its place and streams its rows
#
# A pod with an empty disk never forms a ring once one was formed, however silent the others are: it waits and says so.
. "${0%/*}/ring.sh"
. "${0%/*}/tokens.sh"

# As process 1, bash would ignore the signal, and a waiting pod would use up its whole grace period.
trap 'exit 143' TERM

has_data() { compgen -G "$DATA/data/system/local-*/*" >/dev/null; }

last_word=""
wait_for() { # wait_for MESSAGE: says why this pod waits, once a minute or when the reason changes; looks again a second later
  if [ "$*" != "$last_word" ] || (( SECONDS >= next_word )); then
    say "waiting: $*"
    last_word=$* next_word=$(( SECONDS + 60 ))
  fi
  sleep 1 & wait $!
}

# peers: up to three other members that serve CQL. Never this pod: a seed does not stream, it would join empty.
peers() {
  local i found=()
  for i in $(known_ordinals); do
    [ "$i" = "$ORDINAL" ] || ! serves "$i" || found+=("$i")
    (( ${#found[@]} < 3 )) || break
  done
  hosts "${found[@]}"
}

# known_ordinals: of members on record, else of the first pods that DNS knows (the record cannot be reached, or is new).
known_ordinals() {
  local key i
  for key in "${!entry[@]}"; do
    case $key in "$RING_NAME"-*) ! is_member "$key" || echo "${key##*-}" ;; esac
  done | sort -n | grep . && return
  for i in 0 1 2 3; do ! getent hosts "$(host "$i")" >/dev/null || echo "$i"; done
}

hosts() { # hosts ORDINAL ...: their names, comma-separated; this pod by its address, since DNS may not know it yet
  local i list=""
  for i in "$@"; do
    if [ "$i" = "$ORDINAL" ]; then list+=,$POD_IP; else list+=,$(host "$i"); fi
  done
  echo "${list#,}"
}

options=()

restart() {
  CASSANDRA_SEEDS=$(peers)
  if [ -z "$CASSANDRA_SEEDS" ]; then
    # No other member serves: the whole ring is starting again. Its first members are the seeds, this pod perhaps among them,
    # which is harmless on a disk that has its rows; with no seed at all every member would wait for another for ever.
    local first
    mapfile -t first < <(known_ordinals)
    CASSANDRA_SEEDS=$(hosts "${first[@]:0:3}")
  fi
  way=restart
  say "restart: this disk holds member $(cat "$MARKER" 2>/dev/null || echo "$NAME"); seeds $CASSANDRA_SEEDS"
}

form() { # form N
  local i
  for (( i = 0; i < $1; i++ )); do
    until getent hosts "$(host "$i")" >/dev/null; do wait_for "$(host "$i") to have an address"; done
  done
  CASSANDRA_SEEDS=$(hosts $(seq 0 $(( $1 - 1 ))))
  # Safe here and nowhere else: all disks are empty, and no member serves CQL before it sees every other one (register.sh),
  # so there is no row that a member could miss by not streaming.
  options=(
    -Dcassandra.auto_bootstrap=false
    -Dcassandra.initial_token="$(tokens "$ORDINAL" "$1" "$CASSANDRA_NUM_TOKENS")"
    -Dcassandra.start_native_transport=false
    -Dcassandra.skip_wait_for_gossip_to_settle=0
  )
  way="form $1"
  say "form: first ring of $1, seeds $CASSANDRA_SEEDS"
}

join() {
  CASSANDRA_SEEDS=$1
  way=join
  say "join: streaming this member's share from the ring, seeds $CASSANDRA_SEEDS"
}

replace() { # replace SEEDS ADDRESS
  CASSANDRA_SEEDS=$1
  options=(-Dcassandra.replace_address_first_boot="$2")
  way=replace
  say "replace: the disk of $NAME is empty, taking the place of the member last seen at $2, seeds $CASSANDRA_SEEDS"
}

# first_silent: the lowest ordinal below this pod's that does not serve. One data move at a time: Cassandra refuses two.
first_silent() {
  local i
  for (( i = 0; i < ORDINAL; i++ )); do serves "$i" || { echo "$i"; return; }; done
}

# ready_to_form N: whether pods 0 to N-1 have all said that their disks are empty.
ready_to_form() {
  local i
  for (( i = 0; i < $1; i++ )); do [ "${entry[$RING_NAME-$i]:-}" = empty ] || return 1; done
}

enter() {
  local seeds silent size
  if [ -s "$MARKER" ]; then load || say "starting without the ring record: the disk is this member's own"; restart; return; fi
  while :; do
    if ! load; then wait_for "the ring record $RING_RECORD to be readable"; continue; fi

    if is_member "$NAME"; then
      if has_data; then restart; return; fi
      seeds=$(peers)
      if [ -n "$seeds" ]; then replace "$seeds" "${entry[$NAME]#* }"; return; fi
      wait_for "this disk is empty, though $NAME is a member (${entry[$NAME]}), and no other member serves CQL;" \
        "it will stream its rows from them and will not form a second ring"

    elif [ -n "${entry[formed]:-}" ]; then
      silent=$(first_silent)
      seeds=$(peers)
      if [ -n "$seeds" ] && [ -z "$silent" ]; then join "$seeds"; return; fi
      [ -z "$silent" ] || silent=$(host "$silent")
      wait_for "a ring was formed at ${entry[formed]}; ${silent:-one of its members} must serve CQL before this pod joins it"

    elif [ -n "${entry[forming]:-}" ]; then
      size=${entry[forming]}
      if (( ORDINAL < size )); then form "$size"; return; fi
      wait_for "the first $size members to form the ring"

    elif has_data; then
      restart; return

    else
      if ! record put "$NAME" empty; then wait_for "the ring record $RING_RECORD to be writable"; continue; fi
      entry[$NAME]=empty
      if (( ORDINAL == 0 )); then
        if ! size=$(record replicas); then wait_for "the set $RING_NAME to be readable"; continue; fi
        if ready_to_form "$size" && record put forming "$size"; then continue; fi
        wait_for "all $size pods to say that their disks are empty, to form the first ring"
      else
        wait_for "$RING_NAME-0 to say that the first ring forms"
      fi
    fi
  done
}

next_word=0
enter
export CASSANDRA_SEEDS
"${0%/*}/register.sh" $way &
exec docker-entrypoint.sh cassandra -f "${options[@]}"
