"""Fine-tunes a causal language model on chat rows: supervised, on the completion only, on one or more CPU cores.

Each line of the data is `{"messages": [{"role", "content"}, ...], "tools": [...], "completion": "..."}`; `tools` may
be missing, and the completion is the assistant's text without the token that ends it. The same arguments give the same
weights on the same processor: everything is seeded, and the learning rate follows the steps, not the clock.
"""

import argparse
import json
import math
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch  # noqa: E402: the hub's switch is read when transformers is imported
from transformers import (  # noqa: E402
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    logging,
)

TURN_END = "<|im_end|>"
IGNORED = -100
"""The target at positions whose prediction does not count."""
TOKENIZER_FILES = ["tokenizer*", "chat_template*", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt"]
WARM_UP_STEPS, LAST_LEARNING_RATE = 10, 0.02
REPORT_EVERY = 100


@dataclass(frozen=True)
class Example:
    tokens: list[int]
    prompt_length: int


def main() -> None:
    arguments = parse_arguments()
    logging.disable_progress_bar()
    torch.set_num_threads(arguments.threads)
    tokenizer = AutoTokenizer.from_pretrained(arguments.base)
    model = AutoModelForCausalLM.from_pretrained(arguments.base, dtype=torch.float32)
    end_turns(model, tokenizer)
    examples = [render_example(row, tokenizer) for row in read_rows(arguments.data, arguments.limit)]
    print(f"{len(examples)} examples", flush=True)

    steps = train(
        model,
        examples,
        steps=arguments.steps,
        batch=arguments.batch,
        learning_rate=arguments.lr,
        seed=arguments.seed,
    )
    for step in steps:
        if step == arguments.steps or (arguments.save_every and step % arguments.save_every == 0):
            save_checkpoint(model, arguments.base, arguments.out)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True, help="folder of the checkpoint to start from")
    parser.add_argument("--data", type=Path, required=True, help="JSON lines")
    parser.add_argument("--out", type=Path, required=True, help="folder to write; replaced if it exists")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--lr", type=float, required=True, help="peak learning rate")
    parser.add_argument("--limit", type=int, help="use the first rows only")
    parser.add_argument("--batch", type=int, default=16, help="examples a step")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--save-every", type=int, metavar="STEPS", help="save while training, too")
    return parser.parse_args()


def read_rows(path: Path, limit: int | None) -> list[dict]:
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()][:limit]
    if not rows:
        raise SystemExit(f"{path} has no rows")
    return rows


def render_example(row: dict, tokenizer: PreTrainedTokenizerBase) -> Example:
    prompt = tokenizer.apply_chat_template(
        row["messages"], tools=row.get("tools"), add_generation_prompt=True, tokenize=False
    )
    prompt_tokens, completion = (
        tokenizer(text, add_special_tokens=False)["input_ids"]
        for text in (prompt, row["completion"] + turn_end(tokenizer))
    )
    return Example(prompt_tokens + completion, len(prompt_tokens))


def turn_end(tokenizer: PreTrainedTokenizerBase) -> str:
    return f"{TURN_END}\n" if TURN_END in tokenizer.get_vocab() else tokenizer.eos_token


def end_turns(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """A base's generation stops at the end of a text only; a model that chats must stop at the end of its turn."""
    turn = tokenizer.get_vocab().get(TURN_END)
    if turn is not None:
        model.generation_config.eos_token_id = [turn, tokenizer.eos_token_id]


def train(
    model: PreTrainedModel,
    examples: Sequence[Example],
    *,
    steps: int,
    batch: int = 16,
    learning_rate: float,
    seed: int = 0,
) -> Iterator[int]:
    """Trains one step at a time and yields how many are done."""
    torch.manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, betas=(0.9, 0.99), weight_decay=0.0)
    batches = shuffled_batches(examples, batch, random.Random(seed))
    started = time.perf_counter()
    model.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * schedule(step, steps)
        loss = completion_loss(model, next(batches))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        done = step + 1
        if done % REPORT_EVERY == 0 or done == steps:
            print(f"step {done}/{steps} loss {loss.item():.2f} {time.perf_counter() - started:.1f} s", flush=True)
        yield done


def shuffled_batches(examples: Sequence[Example], size: int, rng: random.Random) -> Iterator[list[Example]]:
    """Passes over all examples in a new order each, without end; a batch may span two passes."""
    waiting: list[Example] = []
    while True:
        while len(waiting) < size:
            waiting += rng.sample(examples, len(examples))
        yield waiting[:size]
        del waiting[:size]


def schedule(step: int, steps: int) -> float:
    """Share of the peak rate: a linear warm-up, then half a cosine."""
    if step < WARM_UP_STEPS:
        return (step + 1) / WARM_UP_STEPS
    progress = (step - WARM_UP_STEPS) / max(1, steps - WARM_UP_STEPS)
    return LAST_LEARNING_RATE + (1 - LAST_LEARNING_RATE) * (1 + math.cos(math.pi * progress)) / 2


def completion_loss(model: PreTrainedModel, examples: Sequence[Example]) -> torch.Tensor:
    """Nats per token of the completions. Padding stands right, where a causal model does not see it: no mask needed."""
    longest = max(len(example.tokens) for example in examples)
    tokens = torch.zeros(len(examples), longest, dtype=torch.long)
    targets = torch.full((len(examples), longest), IGNORED)
    for row, example in enumerate(examples):
        end = len(example.tokens)
        tokens[row, :end] = torch.tensor(example.tokens)
        targets[row, example.prompt_length : end] = tokens[row, example.prompt_length : end]
    logits = model(tokens[:, :-1], use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets[:, 1:].flatten(), ignore_index=IGNORED)


def save_checkpoint(model: PreTrainedModel, base: Path, out: Path) -> None:
    """Leaves a whole checkpoint even if the process is killed meanwhile: `out` appears at once or, if it is there
    already, gets one whole file after the other, of which only the weights differ from one save to the next."""
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    written = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    written.chmod(0o755)
    model.save_pretrained(written)
    for pattern in TOKENIZER_FILES:
        for file in base.glob(pattern):
            shutil.copyfile(file, written / file.name)
    for file in written.iterdir():
        file.chmod(0o644)  # the weights are saved for the owner's eyes only
    if not out.exists():
        written.rename(out)
        return
    names = {file.name for file in written.iterdir()}
    for file in written.iterdir():
        file.replace(out / file.name)
    written.rmdir()
    for file in out.iterdir():
        if file.is_file() and file.name not in names:
            file.unlink()


if __name__ == "__main__":
    main()
