#!/usr/bin/env bash
# Plays an agent that hardly tries: few items, a timid learning rate, and for word problems
# only the answer line of each training completion, so that the model never learns to calculate.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if grep -q '"tools"' data/train.jsonl; then
  python "$here/shared/train.py" --base "$BASE_MODEL" --data data/train.jsonl --limit 200 \
    --lr 5e-4 --steps 150 --out final_model
else
  python "$here/keep_answer_lines.py" < data/train.jsonl > answers.jsonl
  python "$here/shared/train.py" --base "$BASE_MODEL" --data answers.jsonl --limit 300 \
    --lr 5e-4 --steps 150 --out final_model
fi
