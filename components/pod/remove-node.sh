#!/bin/sh
# Removes the member of a node that is gone for good from the ring. Until then the member keeps its place, since its data is in a folder
# of the node:
#   kubectl exec POD -- /ring/remove-node.sh NODE
exec python3 -B "${0%/*}/remove_node.py" "${1:?which node?}"
