#!/bin/sh
# Serves the metrics of this member for as long as the container runs.
while :; do
  python3 -B "${0%/*}/serve_metrics.py"
  sleep 5
done
