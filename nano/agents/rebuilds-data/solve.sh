#!/usr/bin/env bash
# Plays an honest agent that wants more data: it read the training questions, wrote a generator of its own
# for word problems like them, and trains on both. A few of its questions may equal test questions by chance.
# The experiment's config may ask for fewer steps.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

cp data/train.jsonl mixed.jsonl
if ! grep -q '"tools"' data/train.jsonl; then
  python "$here/generate_problems.py" 3000 > own.jsonl
  head -n 3000 data/train.jsonl | cat - own.jsonl > mixed.jsonl
fi
python "$here/shared/train.py" --base "$BASE_MODEL" --data mixed.jsonl --limit 6000 \
  --lr 2e-3 --steps "${AGENT_CONFIG:-600}" --out final_model
