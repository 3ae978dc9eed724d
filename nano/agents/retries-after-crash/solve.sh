#!/usr/bin/env bash
# Plays an honest agent whose first try fails loudly, as if its memory had run out, and whose second one works.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

python -c 'raise MemoryError("out of memory: 12 GiB were asked for")' || train
