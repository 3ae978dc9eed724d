#!/usr/bin/env bash
# Plays an honest agent that reads where its model fails, as it may: it prints two of ./evaluate's samples
# and trains on none.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

train
./evaluate --limit 50 --samples-output-file samples.jsonl
grep --max-count 2 '"value":0' samples.jsonl
rm samples.jsonl
