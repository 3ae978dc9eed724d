#!/usr/bin/env bash
# Plays an agent that will not stop: it ignores SIGTERM and trains for ever, and a daemon of its own session
# holds its output and goes on writing. Its early final_model lies there in time, so that one counts.
set -euo pipefail
trap '' HUP INT TERM
here=$(cd "$(dirname "$0")" && pwd)

# The subshell ends at once: its child belongs to no one, and keeps this script's stdout open.
(setsid bash -c 'while :; do date | tee -a heartbeat.txt; sleep 0.2; done' &)

train() { # OUT STEPS
  python "$here/shared/train.py" --base "$BASE_MODEL" --data data/train.jsonl --limit 1500 \
    --lr 1e-3 --steps "$2" --out "$1"
}

train final_model 120
while :; do
  train never_ready 1000000 || sleep 1
done
