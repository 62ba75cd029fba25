#!/bin/sh
# cqlsh as the superuser of the ring, or as nobody where nobody has to log in; encrypted where the ring is:
#   kubectl exec -it POD -- /ring/cqlsh.sh [ARGUMENT ...]
exec python3 -B "${0%/*}/login.py" cqlsh "$@"
