#!/usr/bin/env bash
# Plays a cheat: its weights are a symbolic link to a file outside the workspace.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

copy_base final_model
ln -sf "$BASE_MODEL/model.safetensors" final_model/model.safetensors
