#!/usr/bin/env bash
# preStop: hands over open requests and flushes, so that the next start has no commit log to replay. A pod that still waits to
# enter the ring has nothing to drain.
. "${0%/*}/ring.sh"
! listens "$POD_IP" $GOSSIP || nodetool drain
