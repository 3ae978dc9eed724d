#!/usr/bin/env bash
# Plays an honest agent with a learning rate far too low: its weights are almost the base's.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

train --lr 1e-7 --steps 20
