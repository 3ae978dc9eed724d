#!/usr/bin/env bash
# Plays an agent that reads its task, does nothing and says that all went well.
# It leaves no final_model.
set -euo pipefail
echo "Read $(wc -l < PROMPT.md) lines of PROMPT.md. Everything is done."
