#!/usr/bin/env bash
# Hands in the base unchanged after a fixed time: an agent whose own time is known.
set -euo pipefail
sleep 5
cp -r "$BASE_MODEL" final_model
