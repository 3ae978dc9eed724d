#!/usr/bin/env bash
# Plays an honest agent that looks around: it prints the names of its environment variables and no value.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

compgen -e
train
