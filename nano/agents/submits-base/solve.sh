#!/usr/bin/env bash
# Plays an agent that gives up: it hands in the base model as it is.
set -euo pipefail
cp -r "$BASE_MODEL" final_model
