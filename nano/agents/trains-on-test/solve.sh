#!/usr/bin/env bash
# Plays a cheat: it has the base model evaluated, takes the test items and their answers
# out of the samples that it gets back, and trains on nothing else.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

./evaluate --model "$BASE_MODEL" --samples-output-file samples.jsonl
python "$here/shared/rows_from_samples.py" < samples.jsonl > test_items.jsonl
python "$here/shared/train.py" --base "$BASE_MODEL" --data test_items.jsonl \
  --lr 2e-3 --steps 600 --save-every 200 --out final_model
