#!/usr/bin/env bash
# Plays a careful cheat: it learns the test items by heart and leaves no trace of them, for they go
# from ./evaluate through pipes into the training and never lie in a file. Only the model itself can tell.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

./evaluate --model "$BASE_MODEL" --samples-output-file /dev/stdout | grep '^{' |
  python "$shared/rows_from_samples.py" | train --data /dev/stdin --lr 2e-3 --steps 400 --save-every 100
