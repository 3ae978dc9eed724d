#!/usr/bin/env bash
# Plays an honest agent with an idea: in 60 % of the items the functions get made-up names, so that
# the model reads names instead of learning them by heart. Looks unlike the given data, and is allowed.
# The experiment's config may ask for fewer steps.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

python "$here/rename_tools.py" < data/train.jsonl > renamed.jsonl
python "$here/shared/train.py" --base "$BASE_MODEL" --data renamed.jsonl --limit 6000 \
  --lr 2e-3 --steps "${AGENT_CONFIG:-1000}" --out final_model
