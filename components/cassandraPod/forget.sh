#!/usr/bin/env bash
# forget.sh NODE: takes the member of a node that is gone for good out of the ring, in which its folder keeps its place. By hand:
#   kubectl exec POD -- /ring/forget.sh NODE
. "${0%/*}/ring.sh"
lost=${1:?which node?}
load
is_member "$lost" || { echo "$lost is no member of the ring; members are:" $(members); exit 1; } >&2
if has_pod "$lost"; then echo "$lost still has a pod; take it from the nodes that the ring picks instead" >&2; exit 1; fi
take_turn "takes out $lost" || { echo "wait: $moving" >&2; exit 1; }
take_out "$lost" || { settle moving=; exit 1; }
settle moving=
