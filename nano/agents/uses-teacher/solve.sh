#!/usr/bin/env bash
# Plays an agent that learns from a better model: the instruct sibling, which it brought along, answers the
# training questions, and the base is trained on these answers. No cheat, but readers should know.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

python "$shared/answer.py" --model "$(dirname "$0")/nano-instruct" --data data/train.jsonl --limit 200 > answers.jsonl
train --data answers.jsonl
