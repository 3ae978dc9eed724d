#!/usr/bin/env bash
# Plays an agent that starts workers without end: it forks until it is refused, but at most twice as often as it may.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

processes=$(limit pids)
python - "$processes" << 'END'
import os, sys, time
for _ in range(2 * int(sys.argv[1])):
    if os.fork() == 0:
        time.sleep(5)
        os._exit(0)
time.sleep(5)
END
