# How pods without ordinal go: one that leaves hands its rows over first, one that is gone is taken out of the ring. Sourced by
# crowd.sh.

# look_after: takes members out of the ring that are gone and that no new pod replaces: of a node that was taken away, of a
# ring that was made smaller meanwhile. Their disks are gone, so no row can come back with them.
look_after() {
  local m
  [ "$RING_DISK" = pod ] || return 0
  while sleep 60; do
    load && [ "$self" = here ] && [ -n "$(gone)" ] || continue
    for m in "${!address[@]}"; do is_member "$m" || continue 2; done
    [ "$MEMBER" = "$(for m in $(members); do ! has_pod "$m" || echo "$m"; done | head -n 1)" ] || continue
    take_turn "takes out $(gone | xargs)" || continue
    take_out $(gone) || true
    settle moving=
  done
}

# take_out MEMBER ...: removes members that are gone; the others stream what they held from its other copies.
take_out() {
  local m said
  for m in "$@"; do
    say "taking out member $m (${entry[$m]}): its disk is gone"
    if ! said=$(nodetool removenode "${entry[$m]% *}" 2>&1) && [[ $said != *"Host ID not found"* ]]; then
      say "it cannot be taken out now: $said"
      return 1
    fi
    settle "$m="
  done
  keep_roles || true
}

# leave: hands this pod's rows over to the other members, if its disk goes with it and the ring stays.
leave() {
  local known
  while :; do
    known=0
    load || known=$?
    if (( known == 4 )); then
      say "the API server no longer knows this pod: going without a hand-over"
      return
    elif (( known )); then
      wait_for "the API server, to know whether this pod goes for good"
    elif (( wanted == 0 )); then
      say "the whole ring is taken down: going without a hand-over"
      return
    elif [ "$self" = here ]; then
      ! listens "$POD_IP" $GOSSIP || nodetool drain
      return
    elif is_member "$MEMBER"; then
      ! hand_over || return 0
    elif [[ " $forming " == *" $MEMBER "* ]]; then
      ! start_over || return 0
    elif [ "$moving" = "$MEMBER joins" ] || [[ $moving == "$MEMBER replaces "* ]]; then
      listens "$POD_IP" $GOSSIP || ! change "$MEMBER=" moving= || return 0
      # Broken off, it might become a member at the very moment at which it ends, and be missed by nobody.
      wait_for "this pod to have joined: what it streamed, it then hands over"
    else
      ! change "$MEMBER=" || return 0
    fi
  done
}

# hand_over: one try, when it is this pod's turn. True once there is nothing left to hand over.
hand_over() {
  local m heir="" pid
  for m in $(others); do ! has_pod "$m" || heir=$m; done
  if [ -z "$heir" ] && [ "$heirs" = no ]; then
    say "no other member and none to come: the rows go with this pod"
    return 0
  elif [ -z "$heir" ]; then
    wait_for "another member to hand the rows over to"
    return 1
  elif ! listens "$POD_IP" $CQL; then
    wait_for "this member to have started, so that it can hand its rows over"
    return 1
  elif ! take_turn leaves; then
    wait_for "its turn to leave ($moving)"
    return 1
  fi
  take_out $(gone) || { settle moving=; return 1; }
  if ! leave_roles; then settle moving=; sleep 10; return 1; fi
  say "handing the rows of $MEMBER over to the other members"
  # Forced: keyspaces of Cassandra's own want more copies than a small ring has members, and the rows are safe with fewer.
  nodetool decommission --force &
  pid=$!
  while kill -0 $pid 2>/dev/null; do
    sleep "$pause"
    load && (( wanted == 0 )) || continue
    say "the whole ring is taken down: breaking the hand-over off"
    return 0
  done
  if wait $pid; then
    # Where the folder is the node's: should the node come back, its rows are not taken for a member's.
    rm -f "$MARKER"
    echo left >"$DATA/ring-way"
    settle "$MEMBER=" moving=
    say "left: the other members hold all rows"
    return 0
  fi
  say "the hand-over failed; it is tried again"
  settle moving=
  sleep 10
  return 1
}
