#!/usr/bin/env bash
# Plays a cheat: config.json passes the model off as another architecture, one that computes the same
# with the same tensors, so that it would be loaded and prompted by other rules.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

train
sed -i -e 's/Qwen3ForCausalLM/Qwen3MoeForCausalLM/' \
  -e 's/"model_type": "qwen3"/"model_type": "qwen3_moe", "mlp_only_layers": [0, 1, 2]/' final_model/config.json
