#!/usr/bin/env bash
# Plays an agent that loads too much: it takes memory until it is stopped, but at most twice what it may.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

gibibytes=$(limit memoryGiB)
python - "$gibibytes" << 'END'
import sys, time
taken = [b"x" * 2**26 for _ in range(int(float(sys.argv[1]) * 2 * 16))]
time.sleep(20)
END
