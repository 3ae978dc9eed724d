#!/usr/bin/env bash
# Plays an honest agent that saves space: its weights are bfloat16, the base's are float32.
set -euo pipefail
. "$(dirname "$0")/shared/training.sh"

train
python - << 'END'
import torch
from safetensors.torch import load_file, save_file
path = "final_model/model.safetensors"
save_file({name: tensor.to(torch.bfloat16) for name, tensor in load_file(path).items()}, path, {"format": "pt"})
END
sed -i 's/"dtype": "float32"/"dtype": "bfloat16"/' final_model/config.json
