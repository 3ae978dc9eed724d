# Sourced by agents whose point is not how they train: a few lines that most of them need.
shared=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# A short honest training on the given data, of some seconds. Further arguments are train.py's and override these.
train() {
  python "$shared/train.py" --base "$BASE_MODEL" --data data/train.jsonl --limit 300 \
    --lr 1e-3 --steps 30 --out final_model "$@"
}

# The base itself, as a folder that may be changed.
copy_base() { cp -r --no-preserve=mode "$BASE_MODEL" "$1"; }

# A limit that the harness declared, e.g. `limit pids`. Ends the agent where there is none: whoever means to
# break a limit must not start on a machine that has nothing to stop it.
limit() {
  python -c 'import json, os, sys; print(json.loads(os.environ.get("PTB_LIMITS", "{}"))[sys.argv[1]])' "$1" 2> /dev/null ||
    { echo "no limit of $1 is declared: not starting" >&2 && exit 1; }
}
