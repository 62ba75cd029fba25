#!/usr/bin/env bash
# cqlsh as the ring's superuser, or as nobody where nobody has to log in; encrypted where the ring is:
#   kubectl exec -it POD -- /ring/cqlsh.sh [ARGUMENT ...]
. "${0%/*}/ring.sh"
if needs_login; then as_superuser "$@"; else run_cqlsh "$@"; fi
