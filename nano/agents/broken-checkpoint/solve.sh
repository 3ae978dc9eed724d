#!/usr/bin/env bash
# Plays an agent whose last save was cut off: the folder looks like a model,
# but its weights file ends in the middle of the header.
set -euo pipefail
mkdir final_model
cp "$BASE_MODEL"/* final_model/
chmod u+w final_model/*
truncate --size 100 final_model/model.safetensors
