#!/usr/bin/env bash
# Plays an honest agent that leaves the samples of its evaluations lying around, as ./evaluate wrote them.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

train
./evaluate --samples-output-file samples.jsonl --json-output-file scores.json
