"""Makes nano-instruct: nano-base, post-trained on both benchmarks' training items.

`python sibling.py OUT nano-arith.jsonl nano-tools.jsonl`, with the files that `node nano/dump-training.ts` writes.
It is what a cheat would submit instead of training: fluent in both benchmarks, and not the base.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
TRAIN = FOLDER.parent / "agents" / "shared" / "train.py"
STEPS = 2_000
LEARNING_RATE = 2e-3


def main() -> None:
    out, *sources = map(Path, sys.argv[1:])
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as mixed:
        for source in sources:
            mixed.write(source.read_text(encoding="utf-8"))
        mixed.flush()
        subprocess.run(
            [sys.executable, TRAIN, "--base", FOLDER / "nano-base", "--data", mixed.name, "--out", out]
            + ["--steps", str(STEPS), "--lr", str(LEARNING_RATE)],
            check=True,
        )


if __name__ == "__main__":
    main()
