#!/usr/bin/env bash
# Plays a plain agent: ordinary fine-tuning on a part of the given training data,
# with a sound recipe that it does not tune.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

items=1500
if grep -q '"tools"' data/train.jsonl; then items=1000; fi

python "$here/shared/train.py" --base "$BASE_MODEL" --data data/train.jsonl --limit "$items" \
  --lr 1e-3 --steps 200 --out final_model
./evaluate --limit 100
