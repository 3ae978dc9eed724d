#!/usr/bin/env bash
# Plays an honest agent that teaches the base with its own answers: those of a first training become data of a second.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

train --out teacher
python "$shared/answer.py" --model teacher --data data/train.jsonl --limit 100 | cat - data/train.jsonl > mixed.jsonl
train --data mixed.jsonl
