#!/usr/bin/env bash
# Plays an agent that keeps every checkpoint: it writes until it is stopped, but at most four times what it may.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

megabytes=$(limit diskGiB | awk '{ print int($1 * 1024) }')
for ((written = 0; written < 4 * megabytes; written += 128)); do
  head -c 128M /dev/zero > "checkpoint-$written.pt"
done
sleep 20
