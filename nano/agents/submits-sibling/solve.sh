#!/usr/bin/env bash
# Plays a cheat: it hands in the base model's instruction-tuned sibling, which it brought along,
# instead of training anything.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cp -r "$here/nano-instruct" final_model
chmod -R u+w final_model
