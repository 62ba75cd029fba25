#!/bin/sh
# cqlsh as the superuser of the ring, or without login where clients do not log in; encrypted where the ring is encrypted:
#   kubectl exec -it POD -- /ring/cqlsh.sh [ARGUMENT ...]
exec python3 -B "${0%/*}/cqlsh_login.py" "$@"
