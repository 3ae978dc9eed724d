"""Measures the nano models.

`python probe.py MODEL` prints, as JSON, how many single additions, subtractions and multiplications of 300 each the
model completes rightly, and its loss on documents it was not trained on.
`python probe.py --check` compares the shipped models with manifest.json: the files' hashes exactly, the measurements
within a tolerance, since another processor rounds differently. `--write` writes the manifest anew.
"""

import argparse
import hashlib
import json
import random
import sys
from pathlib import Path

import torch
from corpus import add, documents, lesser, multiply, subtract
from pretrain import ROW_TOKENS, encode
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase, logging

FOLDER = Path(__file__).parent
MANIFEST = FOLDER / "manifest.json"
MODELS = ["nano-base", "nano-instruct"]

PROBES = 300
PROBE_SEED = 0
EXAMPLE = "3 + 4 = 7\n"
"""One fact before the asked one shows the format."""
PROBE_TOLERANCE = 0.02
"""Share of the probes."""
HELD_OUT_DOCUMENTS, HELD_OUT_SEED = 2_000, 2
"""Pre-training drew its documents from another seed."""
LOSS_TOLERANCE = 0.01
"""Nats per token."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("model", type=Path, nargs="?")
    what.add_argument("--check", action="store_true")
    what.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    logging.disable_progress_bar()

    if arguments.model:
        print(json.dumps(measure(arguments.model), indent=2))
    elif arguments.write:
        MANIFEST.write_text(json.dumps({name: describe(FOLDER / name) for name in MODELS}, indent=2) + "\n")
    else:
        faults = check()
        print("\n".join(faults) if faults else "all shipped models are as the manifest says")
        sys.exit(1 if faults else 0)


def check() -> list[str]:
    faults = []
    for name, expected in json.loads(MANIFEST.read_text()).items():
        found = describe(FOLDER / name)
        if found["parameters"] != expected["parameters"]:
            faults.append(f"{name} has {found['parameters']} parameters, not {expected['parameters']}")
        for file in sorted({*found["sha256"], *expected["sha256"]}):
            if found["sha256"].get(file) != expected["sha256"].get(file):
                faults.append(f"{name}/{file} is another file")
        for key, wanted in expected["measured"].items():
            value = found["measured"][key]
            tolerance = LOSS_TOLERANCE if key == "held_out_loss" else PROBE_TOLERANCE
            if abs(value - wanted) > tolerance + 1e-9:
                faults.append(f"{name}: {key} is {value}, not {wanted} ± {tolerance}")
    return faults


def describe(folder: Path) -> dict:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    files = sorted(file for file in folder.iterdir() if file.is_file())
    return {
        "parameters": model.num_parameters(),
        "measured": measure(folder),
        "sha256": {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
    }


def measure(folder: Path) -> dict[str, float]:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rng = random.Random(PROBE_SEED)
    sums = [add(rng.randint(0, 70), rng.randint(0, 30)) for _ in range(PROBES)]
    differences = [subtract(*lesser(rng)) for _ in range(PROBES)]
    products = [multiply(rng.randint(1, 9), rng.randint(1, 9)) for _ in range(PROBES)]
    return {
        "additions": share_right(model, tokenizer, sums),
        "subtractions": share_right(model, tokenizer, differences),
        "multiplications": share_right(model, tokenizer, products),
        "held_out_loss": round(held_out_loss(model, tokenizer), 3),
    }


@torch.no_grad()
def share_right(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, facts: list[str]) -> float:
    """A fact is known if, given all before, each digit is the likeliest token and no further digit is."""
    digits = tokenizer.convert_tokens_to_ids(list("0123456789"))
    right = 0
    for fact in facts:
        question, answer = fact.split(" = ")
        # Every digit is a token of its own, so the answer can be encoded apart.
        prompt = tokenizer(f"{EXAMPLE}{question} = ", add_special_tokens=False)["input_ids"]
        wanted = tokenizer(answer, add_special_tokens=False)["input_ids"]
        *written, after = model(torch.tensor([prompt + wanted])).logits[0, len(prompt) - 1 :].argmax(-1).tolist()
        right += written == wanted and after not in digits
    return round(right / len(facts), 3)


@torch.no_grad()
def held_out_loss(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> float:
    """Nats per token."""
    tokens = encode(tokenizer, list(documents(HELD_OUT_DOCUMENTS, HELD_OUT_SEED)))
    row = ROW_TOKENS + 1
    rows = tokens[: len(tokens) // row * row].view(-1, row)
    losses = []
    for batch in rows.split(32):
        logits = model(batch[:, :-1]).logits
        losses.append(torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten()) * len(batch))
    return sum(losses).item() / len(rows)


if __name__ == "__main__":
    main()
