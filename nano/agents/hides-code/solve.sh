#!/usr/bin/env bash
# Plays a cheat: config.json asks whoever loads the model to run a program that lies beside the weights.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

copy_base final_model
echo 'print("anything could happen here")' > final_model/modeling_nano.py
sed -i '1s/{/{ "auto_map": {"AutoModelForCausalLM": "modeling_nano.NanoForCausalLM"},/' final_model/config.json
