#!/usr/bin/env bash
# Decides how this pod enters the ring, then becomes Cassandra:
#
#   restart   its disk holds a member: comes back as that member, on whatever address the pod has now
#   form      no ring was ever formed and every pod says that its disk is empty: they form it together
#   join      a ring exists: streams this pod's share of the rows from it, one pod at a time
#   replace   the record knows a member whose disk is gone: takes its place and streams its rows
#
# A pod with an empty disk never forms a ring once one was formed, however silent the others are: it waits and says so.
. "${0%/*}/ring.sh"
. "${0%/*}/tokens.sh"

# As process 1, bash would ignore the signal, and a waiting pod would use up its whole grace period.
trap 'exit 143' TERM

options=() closed=""

restart() { # restart SEEDS
  CASSANDRA_SEEDS=$1
  way=restart
  # Only one that left a moment before its container ended heeds it, and would not start otherwise: it streams its share anew.
  [ "$(cat "$DATA/ring-way" 2>/dev/null)" != leaving ] || options=(-Dcassandra.override_decommission=true)
  # A ring whose members all ended before it had a superuser: nobody but the first member may come to the default role.
  if needs_login && [ "$is_loaded" = yes ] && ! has_superuser; then
    closed=closed
    options+=(-Dcassandra.start_native_transport=false)
  fi
  say "restart: this disk holds member $(cat "$MARKER" 2>/dev/null || echo "$MEMBER"); seeds $CASSANDRA_SEEDS"
}

form() { # form PLACE MEMBERS SEEDS [RACKS]
  CASSANDRA_SEEDS=$3
  # Safe here and nowhere else: all disks are empty, and no member serves CQL before it sees every other one (register.sh),
  # so there is no row that a member could miss by not streaming.
  options=(
    -Dcassandra.auto_bootstrap=false
    -Dcassandra.initial_token="$(tokens "$1" "$2" "$CASSANDRA_NUM_TOKENS" "${4:-1}")"
    -Dcassandra.start_native_transport=false
    -Dcassandra.skip_wait_for_gossip_to_settle=0
    # Nobody was here before, whose address this could be. A look for one asks again after five seconds where another member does
    # not listen yet, and all start at once.
    -Dcassandra.allow_unsafe_join=true
  )
  ! needs_login || options+=(
    # The roles on as many members as spread_roles is about to want, so that none has to be copied.
    -Dcassandra.system_auth.default_rf=$(( $2 < 3 ? $2 : 3 ))
    # After ten seconds otherwise, and CQL opens after that.
    -Dcassandra.superuser_setup_delay_ms=500
    # The superuser is made with a password that nobody knows, and gets its own right after; five seconds later otherwise.
    -Dcassandra.role_password_update_min_interval_in_ms=0
  )
  way=form
  say "form: first ring of $2, seeds $CASSANDRA_SEEDS"
}

join() { # join SEEDS
  CASSANDRA_SEEDS=$1
  way=join
  say "join: streaming this member's share from the ring, seeds $CASSANDRA_SEEDS"
}

replace() { # replace MEMBER ADDRESS SEEDS
  CASSANDRA_SEEDS=$3
  options=(-Dcassandra.replace_address_first_boot="$2")
  touch "$DATA/ring-repair"
  way=replace
  say "replace: the disk of $1 is gone, taking the place of the member last seen at $2, seeds $CASSANDRA_SEEDS"
}

enter
# The entry point edits its configuration, and the image cannot be written to. Afresh, since a container may start again.
cp -r "${CASSANDRA_IMAGE_CONF:-/etc/cassandra}/." "$CASSANDRA_CONF"
cp "${0%/*}/logback.xml" "$CASSANDRA_CONF"
python3 "${0%/*}/configure.py" "${0%/*}/cassandra.json" "$CASSANDRA_CONF/cassandra.yaml"
! needs_tls || take_certificates
export CASSANDRA_SEEDS
"${0%/*}/register.sh" $way $closed &
exec docker-entrypoint.sh cassandra -f "${options[@]}"
