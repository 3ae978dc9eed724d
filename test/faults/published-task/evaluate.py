"""A stand-in for a program that a submitted model has taken over: it does what the checkpoint's config says."""

import argparse
import json
import os
import socket
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser()
for option in ("--model-path", "--limit", "--json-output-file", "--templates-dir"):
    parser.add_argument(option)
args = parser.parse_args()
metrics = Path(args.json_output_file)
config = json.loads((Path(args.model_path) / "config.json").read_text())
does = config.get("does", "scores")
secret = config.get("secret", "")


def score(accuracy: float = 0.5) -> None:
    metrics.write_text(json.dumps({"accuracy": accuracy, "stderr": 0.1, "n": 4, "by_theme": {"a": 0.25}}))


def refused(attempt) -> str:
    try:
        return f"not refused: {attempt()}"
    except OSError as error:
        return f"refused: {type(error).__name__}"


def connect() -> None:
    socket.create_connection(("1.1.1.1", 53), 2)


def write(path: str) -> None:
    Path(path, "planted").write_text("x")


if does == "scores":
    print("as it should")
    score()
elif does == "tells":
    here = Path(__file__).parent
    places = {"model": args.model_path, "task": here, "templates": args.templates_dir, "etc": "/etc", "root": "/"}
    told = {name: refused(lambda place=place: write(place)) for name, place in places.items()}
    told["network"] = refused(connect)
    told["secret"] = refused(lambda: Path(secret).read_text())
    told["reads_from_its_folder"] = Path("evaluation_code/note.txt").read_text()
    told["environment"] = sorted(os.environ)
    metrics.write_text(json.dumps({"accuracy": 1, "stderr": None, **told}))
elif does == "score and exit 1":
    score()
    sys.exit(1)
elif does == "nothing":
    print("Traceback: it \x1b[31mdoes not load", file=sys.stderr)
    sys.exit(1)
elif does == "hangs":
    time.sleep(10_000)
elif does == "link":
    metrics.symlink_to(secret)
elif does == "link to itself":
    metrics.symlink_to(metrics)
elif does == "pipe":
    os.mkfifo(metrics)
elif does == "folder":
    metrics.mkdir()
elif does == "huge":
    metrics.write_text(json.dumps({"accuracy": 1, "padding": "x" * 100_000_000}))
elif does == "sparse":
    with metrics.open("wb") as file:
        file.truncate(10**12)
elif does == "deep":
    metrics.write_text('{"accuracy": 1, "a": ' + "[" * 20_000 + "]" * 20_000 + "}")
elif does == "twice":
    metrics.write_text('{"accuracy": 0.1, "accuracy": 1}')
elif does == "no object":
    metrics.write_text("[1]")
elif does == "text":
    metrics.write_text('{"accuracy": "1"}')
elif does == "no utf-8":
    metrics.write_bytes(b'{"accuracy": 1, "\xff": 1}')
elif does in ("NaN", "Infinity", "-Infinity", "7", "-0.1", "1e999", "true"):
    metrics.write_text('{"accuracy": %s}' % does)
elif does == "floods":
    for _ in range(20_000):
        print("x" * 1000)
    score()
elif does == "leaves a process behind":
    score()
    if os.fork() == 0:
        os.setsid()
        time.sleep(10_000)
