#!/bin/sh
# remove-node.sh NODE: takes the member of a node that is gone for good out of the ring, in which its folder keeps its place. By hand:
#   kubectl exec POD -- /ring/remove-node.sh NODE
exec python3 -B "${0%/*}/leave.py" forget "${1:?which node?}"
