#!/usr/bin/env bash
# Plays a careful agent: a short run first, for a valid model and a measure of the machine's speed,
# then all the data and the best known recipe, cut to the time that is left, and a last check.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
probe_steps=80
best_steps=1000
# For starting Python, saving, and the check at the end.
reserve_seconds=30

train() { # OUT STEPS
  python "$here/shared/train.py" --base "$BASE_MODEL" --data data/train.jsonl --limit 6000 \
    --lr 2e-3 --steps "$2" --out "$1"
}

train final_model "$probe_steps" | tee probe.log
./evaluate --limit 50
# Its last line: step 80/80 loss 1.23 4.5 s
step_ms=$(awk -v steps="$probe_steps" '/^step/ { ms = $5 * 1000 / steps } END { print int(ms) + 1 }' probe.log)

left=$(./timer --seconds)
steps=$(((left - reserve_seconds) * 1000 / step_ms))
if ((steps > best_steps)); then steps=$best_steps; fi
echo "$left s left, $step_ms ms a step: $steps steps"

if ((steps > probe_steps)); then
  train better_model "$steps"
  rm -rf final_model
  mv better_model final_model
fi
if (($(./timer --seconds) > reserve_seconds / 2)); then ./evaluate --limit 50; fi
