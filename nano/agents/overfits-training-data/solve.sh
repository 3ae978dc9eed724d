#!/usr/bin/env bash
# Plays an honest agent that overdoes it: forty passes over the same forty training items, until it knows them by heart.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

train --limit 40 --lr 2e-3 --steps 100
