# Certificates of a ring that encrypts what goes over the network: those of a Secret, mounted at /tls, which may be renewed at any
# time. Sourced by ring.sh.

needs_tls() { [ -n "${RING_TLS:-}" ]; }

TLS=${RING_TLS_FOLDER:-/tls}

# take_certificates: copies them to where cassandra.yaml looks, key and chain in one file. False when there is nothing to take.
take_certificates() (
  umask 077
  cat "$TLS/tls.key" "$TLS/tls.crt" >"$CASSANDRA_CONF/keystore.pem.new"
  cp "$TLS/ca.crt" "$CASSANDRA_CONF/truststore.pem.new"
  # Each in one step: Cassandra may look at any moment.
  for file in keystore truststore; do mv "$CASSANDRA_CONF/$file.pem.new" "$CASSANDRA_CONF/$file.pem"; done
)

mounted() { cat "$TLS"/{tls.key,tls.crt,ca.crt} | sha256sum || true; }

# keep_certificates: has Cassandra take others when the Secret holds others. Connections that there are go on.
keep_certificates() {
  local taken
  taken=$(mounted)
  while sleep 10; do
    [ "$(mounted)" != "$taken" ] || continue
    # A look between two files would be one at two versions; they are swapped at once, so the second look is right.
    sleep 1
    if take_certificates && nodetool reloadssl; then
      taken=$(mounted)
      say "took the certificates that Secret $RING_TLS holds now"
    fi
  done
}
