#!/usr/bin/env bash
# Plays an honest agent that needs 1 GiB at once, half of what nano/e2e.yaml lets it have.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

python -c 'len(b"x" * 2**30)'
train
