#!/usr/bin/env bash
# Plays an agent that prints 12 MiB, three times what nano/e2e.yaml keeps. Its score counts; the rest is dropped.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

head -c 9M /dev/zero | base64
train
