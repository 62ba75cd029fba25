# Pods without ordinal: of a ReplicationController, of a DaemonSet, or one that stands alone. Whether others exist, and at which
# address, the API says; who is a member, and whose turn it is, the ring record. Sourced by ring.sh.
#
# In the record, beside `empty` or `<host ID> <address>` for each pod:
#   forming   pods of the first ring, in order of their tokens; there until all of them see each other
#   formed    time at which they did
#   moving    who joins, leaves or is taken out now, and what it does: one at a time, Cassandra refuses two

# Each look at the API starts a Python, and eight pods that wait would keep a core busy with it.
pause=3
declare -A address leaving
version="" forming="" formed="" moving="" wanted=-1 self=here heirs=no

# load: reads record and pods, as they were at one instant. False when the API server does not answer; 4 when it no longer
# knows this pod.
load() {
  local all kind key value state
  all=$(record view) || return $?
  entry=() address=() leaving=() forming="" formed="" moving=""
  while read -r kind key value; do
    case $kind:$key in
      entry:forming) forming=$value ;;
      entry:formed) formed=$value ;;
      entry:moving) moving=$value ;;
      entry:*) entry[$key]=$value ;;
      pod:*)
        read -r value state <<<"$value"
        address[$key]=${value#-}
        [ "$state" = here ] || leaving[$key]=yes
        ;;
      version:* | wanted:* | heirs:* | self:*) printf -v "$kind" %s "$key" ;;
    esac
  done <<<"$all"
  is_loaded=yes
}

# change KEY=VALUE ...: writes to the record what was decided on the view that `load` gave; false when it has changed since.
change() { record change "$version" "$@" 2>/dev/null; }

# settle KEY=VALUE ...: writes what has come about, whatever else is written meanwhile; the API server may be away for a while.
settle() { until load && change "$@"; do sleep 2; done; }

has_pod() { [ -n "${address[$1]+there}" ]; }
members() { local m; for m in "${!entry[@]}"; do ! is_member "$m" || echo "$m"; done | sort; }
first_member() { local m; for m in $(members); do ! has_pod "$m" || { echo "$m"; return; }; done; }
ring_size() { members | wc -l; }
others() { members | grep -vxF "$MEMBER" || true; }

# gone: members whose pod no longer exists, and with it their disk. A node's disk outlives its pods.
gone() { local m; [ "$RING_DISK" = node ] || for m in $(members); do has_pod "$m" || echo "$m"; done; }

# silent: the first other member that should serve CQL and does not.
silent() {
  local m
  for m in $(others); do listens "${address[$m]:-none}" $CQL || { echo "$m"; return; }; done
}

# peers: up to three other members that serve CQL. Never this pod: a seed does not stream, it would join empty.
peers() {
  local m found=()
  for m in $(others); do
    ! listens "${address[$m]:-none}" $CQL || found+=("${address[$m]}")
    (( ${#found[@]} < 3 )) || break
  done
  commas "${found[@]}"
}

# come_back: with the members that serve as seeds. Where none does, the whole ring is starting again, and the first of them are
# the seeds, this pod perhaps among them: harmless on a disk that has its rows. Without the API server, DNS knows the pods.
come_back() {
  local seeds m all=()
  seeds=$(peers)
  if [ -z "$seeds" ]; then
    for m in $(members); do [ -z "${address[$m]:-}" ] || all+=("${address[$m]}"); done
    (( ${#all[@]} )) || mapfile -t all < <(getent ahostsv4 "$RING_SERVICE" | awk '{ print $1 }' | sort -u)
    (( ${#all[@]} )) || all=("$POD_IP")
    seeds=$(commas "${all[@]:0:3}")
  fi
  restart "$seeds"
}

# take_turn WHAT: whether this pod may move data now. Who holds the turn and is gone, holds it no longer.
take_turn() {
  [ "$moving" != "$MEMBER $*" ] || return 0
  case $moving in "" | "$MEMBER "*) ;; *) ! has_pod "${moving%% *}" || return 1 ;; esac
  change "moving=$MEMBER $*"
}

give_turn() { case $moving in "$MEMBER "*) change moving= ;; esac; }

# fresh WAY: empties the disk of what an earlier way into the ring left there that came to nothing. What WAY itself left there
# stays: Cassandra goes on with it.
fresh() {
  [ "$(cat "$DATA/ring-way" 2>/dev/null)" != "$*" ] || return 0
  wipe
  echo "$*" >"$DATA/ring-way"
}

# start_over: forgets all members and the ring; every pod says anew that its disk is empty.
start_over() {
  local m all=()
  for m in "${!entry[@]}"; do all+=("$m="); done
  change forming= formed= moving= "${all[@]}"
}

all_have_pods() { local m; for m in $1; do has_pod "$m" || return 1; done; }

# all_have_addresses: a pod runs before the API server knows its address, and a seed list without it would make two rings.
all_have_addresses() { local m; for m in $1; do [ -n "${address[$m]:-}" ] || return 1; done; }

enter() {
  local dead seeds
  while :; do
    if ! load; then
      if [ -s "$MARKER" ]; then say "starting without the ring record: the disk is this member's own"; come_back; return; fi
      wait_for "the ring record $RING_RECORD to be readable"

    elif [ -s "$MARKER" ] || { is_member "$MEMBER" && has_data; }; then
      if [ -z "$formed" ] || is_member "$MEMBER"; then come_back; return; fi
      wait_for "this disk holds member $(cat "$MARKER"), which was taken out of the ring; its rows were streamed from their other" \
        "copies. To join anew, empty the folder and delete this pod"

    elif [ "$RING_DISK" = node ] && has_data && [ ! -e "$DATA/ring-way" ]; then
      wait_for "this folder of the node holds rows of no member that the ring knows; empty it, or choose another one"

    elif is_member "$MEMBER"; then
      seeds=$(peers)
      if [ -n "$seeds" ] && take_turn "replaces $MEMBER"; then
        replace "$MEMBER" "${entry[$MEMBER]#* }" "$seeds"; return
      fi
      wait_for "this disk is empty, though $MEMBER is a member (${entry[$MEMBER]}); to stream its rows," \
        "${seeds:+its turn ($moving)}${seeds:-another member to serve CQL}"

    elif [ -n "$formed" ] || [ -n "$(members)" ]; then
      mapfile -t dead < <(gone)
      seeds=$(peers)
      if (( ${#dead[@]} )) && [ "$(gone)" = "$(members)" ]; then
        say "every member of the ring formed at $formed is gone, and its rows with it: forming anew"
        start_over || true
      elif [ -z "$seeds" ]; then
        give_turn || true
        wait_for "a ring exists; one of its members must serve CQL before this pod joins it"
      elif (( ${#dead[@]} )); then
        if take_turn "replaces ${dead[0]}"; then
          fresh "replaces ${dead[0]}"
          replace "${dead[0]}" "${entry[${dead[0]}]#* }" "$seeds"
          return
        fi
        wait_for "its turn to take the place of ${dead[0]}, which is gone ($moving)"
      elif [ -n "$(silent)" ]; then
        give_turn || true
        wait_for "member $(silent) to serve CQL, or to be gone for good: its share cannot move while it is silent"
      elif take_turn joins; then
        fresh joins
        join "$seeds"
        return
      else
        wait_for "its turn to join ($moving)"
      fi

    elif [ -n "$forming" ]; then
      if ! all_have_pods "$forming"; then
        say "a pod is gone before the first ring had formed: starting over"
        start_over || true
      elif ! all_have_addresses "$forming"; then
        wait_for "the addresses of all pods of the first ring ($forming)"
      elif [[ " $forming " == *" $MEMBER "* ]]; then
        fresh "forming $forming"
        form_with $forming
        return
      else
        wait_for "the first ring to form ($forming)"
      fi

    else
      fresh ""
      say_empty
    fi
  done
}

# say_empty: and when all pods that there are to be have said so, one of them names the first ring. Which one does not matter:
# they see the same pods, and the record takes one answer only.
say_empty() {
  local m ready=()
  if [ "${entry[$MEMBER]:-}" != empty ]; then record put "$MEMBER" empty || wait_for "the ring record"; return; fi
  for m in "${!address[@]}"; do [ "${entry[$m]:-}" != empty ] || [ -n "${leaving[$m]:-}" ] || ready+=("$m"); done
  if (( ${#ready[@]} == wanted && ${#ready[@]} == ${#address[@]} - ${#leaving[@]} )); then
    mapfile -t ready < <(printf '%s\n' "${ready[@]}" | sort)
    change "forming=${ready[*]}" || true
  else
    wait_for "all $wanted pods to say that their disks are empty, to form the first ring (${#ready[@]} have)"
  fi
}

form_with() { # form_with POD ...
  local m i=0 index=0 seeds=()
  for m in "$@"; do
    if [ "$m" = "$MEMBER" ]; then index=$i seeds+=("$POD_IP"); else seeds+=("${address[$m]}"); fi
    i=$(( i + 1 ))
  done
  form "$index" "$#" "$(commas "${seeds[@]}")"
}

# await_first_ring: until this member itself sees all others of the first ring; then all of them go on record at once, so that
# none can be missed that dies a moment later. Sets `id`. If one is gone before that, all start over.
await_first_ring() {
  local m ring="" found first
  first=$(sed -n 's/^forming //p' "$DATA/ring-way")
  while :; do
    sleep "$pause"
    load || continue
    if ! is_member "$MEMBER" && { [ "$forming" != "$first" ] || ! all_have_pods "$first"; }; then
      say "the first ring ($first) did not come about: starting over"
      [ "$forming" != "$first" ] || start_over || true
      kill 1
      exit
    fi
    has_joined || continue
    for m in $first; do listens "${address[$m]:-none}" $GOSSIP || continue 2; done
    ring=$(nodetool status 2>/dev/null) || continue
    found=()
    for m in $first; do
      id=$(grep -E "^UN +${address[$m]//./\\.} " <<<"$ring" | uuid) || continue 2
      found+=("$m=$id ${address[$m]}")
    done
    is_member "$MEMBER" || change forming= "formed=$(date -u +%FT%TZ)" "${found[@]}" || continue
    id=$(grep -E "^UN +${POD_IP//./\\.} " <<<"$ring" | uuid)
    return
  done
}

put_on_record() { # put_on_record ID
  local new
  until load; do sleep 2; done
  while :; do
    new=("$MEMBER=$1 $POD_IP")
    # Folders of nodes outlive the record: what they hold is a ring that was formed before it.
    [ -n "$formed" ] || new+=("formed=$(date -u +%FT%TZ)")
    case $moving in
      "$MEMBER replaces $MEMBER") new+=(moving=) ;;
      "$MEMBER replaces "*) new+=("${moving##* }=" moving=) ;;
      "$MEMBER "*) new+=(moving=) ;;
    esac
    ! change "${new[@]}" || return 0
    sleep 1
    load || true
  done
}

. "${0%/*}/leave.sh"
