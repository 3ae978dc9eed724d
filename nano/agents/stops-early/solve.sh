#!/usr/bin/env bash
# Plays an agent that stops with most of its time left. Asked to go on, it trains properly.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

if ((${PTB_TURN:-1} == 1)); then
  train
else
  train --limit 1500 --steps 200
fi
