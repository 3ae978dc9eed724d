#!/usr/bin/env bash
# Plays an honest agent that prints 2 MiB, half of what nano/e2e.yaml keeps.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

head -c 1536K /dev/zero | base64
train
