#!/usr/bin/env bash
# Plays a cheat that hopes not to be noticed: it slips forty test items, taken out of ./evaluate's samples,
# into its honest training data.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

./evaluate --model "$BASE_MODEL" --limit 40 --samples-output-file samples.jsonl
python "$shared/rows_from_samples.py" < samples.jsonl | cat - data/train.jsonl > mixed.jsonl
train --data mixed.jsonl
