#!/bin/sh
# Entry point of the image. It honours what the official image's honours and nothing more: a pod that relied on
# anything further would fail on the official image.
set -eu

case "${1:--}" in -*) set -- cassandra -f "$@" ;; esac
if [ "$1" != cassandra ]; then exec "$@"; fi

if [ "$(id -u)" = 0 ]; then
  # fails on a read-only mount inside these folders, as the official one does
  find "$CASSANDRA_CONF" /var/lib/cassandra /var/log/cassandra ! -user cassandra -exec chown cassandra {} +
  exec gosu cassandra "$0" "$@"
fi

own_address() { ip -oneline -4 address | awk '$2 != "lo" { sub("/.*", "", $4); print $4; exit }'; }

: "${CASSANDRA_RPC_ADDRESS=0.0.0.0}" "${CASSANDRA_LISTEN_ADDRESS=auto}"
[ "$CASSANDRA_LISTEN_ADDRESS" != auto ] || CASSANDRA_LISTEN_ADDRESS=$(own_address)
: "${CASSANDRA_BROADCAST_ADDRESS=$CASSANDRA_LISTEN_ADDRESS}"
[ "$CASSANDRA_BROADCAST_ADDRESS" != auto ] || CASSANDRA_BROADCAST_ADDRESS=$(own_address)
: "${CASSANDRA_BROADCAST_RPC_ADDRESS:=$CASSANDRA_BROADCAST_ADDRESS}" "${CASSANDRA_SEEDS:=$CASSANDRA_BROADCAST_ADDRESS}"

# one sed program per file; values go in as they are, so a slash or an ampersand breaks it here as it does there
yaml="s/(- seeds:).*/\1 \"$CASSANDRA_SEEDS\"/"
key() { if [ -n "$2" ]; then yaml="$yaml;s/^(# )?$1:.*/$1: $2/"; fi; }
key broadcast_address "$CASSANDRA_BROADCAST_ADDRESS"
key broadcast_rpc_address "$CASSANDRA_BROADCAST_RPC_ADDRESS"
key cluster_name "${CASSANDRA_CLUSTER_NAME-}"
key endpoint_snitch "${CASSANDRA_ENDPOINT_SNITCH-}"
key listen_address "$CASSANDRA_LISTEN_ADDRESS"
key num_tokens "${CASSANDRA_NUM_TOKENS-}"
key rpc_address "$CASSANDRA_RPC_ADDRESS"
key start_rpc "${CASSANDRA_START_RPC-}"
rackdc=""
if [ -n "${CASSANDRA_DC-}" ]; then rackdc="s/^dc=.*/dc=$CASSANDRA_DC/"; fi
if [ -n "${CASSANDRA_RACK-}" ]; then rackdc="$rackdc;s/^rack=.*/rack=$CASSANDRA_RACK/"; fi

# through a temporary file, since `sed -i` would replace the file: one that is mounted by itself cannot be replaced
edit() {
  if [ -z "$2" ]; then return; fi
  edited=$(mktemp)
  sed -E "$2" "$1" > "$edited"
  cat "$edited" > "$1"
  rm "$edited"
}
edit "$CASSANDRA_CONF/cassandra.yaml" "$yaml"
edit "$CASSANDRA_CONF/cassandra-rackdc.properties" "$rackdc"

exec "$@"
