"""Makes the nano base model from nothing: `python pretrain.py --out nano-base`, about 10 minutes on one core.

Corpus, tokenizer and batches follow from the seeds. The weights repeat bit for bit on the same processor and library
versions; elsewhere last digits differ, and `probe.py` says whether the result is as good.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import torch
from torch.nn import Parameter
from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from corpus import documents
from tokenizer import END_OF_TEXT, train_tokenizer

DOCUMENTS = 150_000
CORPUS_SEED = 1
MODEL_SEED = 1
BATCH_SEED = 1
BATCH_ROWS = 4
ROW_TOKENS = 256
WARM_UP_STEPS = 50
# The learning rates end at this share of their peak.
FINAL_SHARE = 0.05
MUON_LR = 0.02
ADAMW_LR = 5e-3


def main() -> None:
    parser = argparse.ArgumentParser(description="Pre-trains the nano base model")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=7_266)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    texts = list(documents(DOCUMENTS, CORPUS_SEED))
    tokenizer = train_tokenizer(texts)
    tokens = encode(tokenizer, texts)
    print(f"{len(texts)} documents, {sum(map(len, texts))} characters, {len(tokens)} tokens", flush=True)
    model = create_model()
    print(f"{model.num_parameters()} parameters", flush=True)
    train(model, tokens, options.steps)
    save(model, tokenizer, options.out)


def encode(tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> torch.Tensor:
    """All documents in a row, each followed by the end of text."""
    ends = [text + END_OF_TEXT for text in texts]
    rows = (tokenizer(ends[at:at + 5_000])["input_ids"] for at in range(0, len(ends), 5_000))
    return torch.cat([torch.tensor(row) for batch in rows for row in batch])


def create_model() -> Qwen3ForCausalLM:
    torch.manual_seed(MODEL_SEED)
    end_of_text = 1019
    return Qwen3ForCausalLM(Qwen3Config(
        vocab_size=1024, hidden_size=96, num_hidden_layers=3, num_attention_heads=3, num_key_value_heads=1, head_dim=32,
        intermediate_size=256, max_position_embeddings=1024, rope_parameters={"rope_type": "default", "rope_theta": 1e4},
        rms_norm_eps=1e-6, tie_word_embeddings=True, initializer_range=0.04, dtype=torch.float32,
        bos_token_id=end_of_text, eos_token_id=end_of_text, pad_token_id=end_of_text))


def train(model: Qwen3ForCausalLM, tokens: torch.Tensor, steps: int) -> None:
    """Muon for the matrices inside the layers, AdamW for embeddings and norms."""
    matrices, others = split_parameters(model)
    optimizers = [
        torch.optim.Muon(matrices, lr=MUON_LR, momentum=0.95, weight_decay=0.01, ns_steps=5, adjust_lr_fn="original"),
        torch.optim.AdamW(others, lr=ADAMW_LR, betas=(0.9, 0.95), weight_decay=0.0),
    ]
    schedules = [torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: share_of_peak(step, steps))
                 for optimizer in optimizers]
    generator = torch.Generator().manual_seed(BATCH_SEED)
    started, recent = time.monotonic(), 0.0
    for step in range(1, steps + 1):
        starts = torch.randint(len(tokens) - ROW_TOKENS, (BATCH_ROWS,), generator=generator).tolist()
        rows = torch.stack([tokens[start:start + ROW_TOKENS + 1] for start in starts])
        logits = model(input_ids=rows[:, :-1], use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, schedule in zip(optimizers, schedules):
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
        recent += loss.item()
        if step % 100 == 0 or step == steps:
            print(f"step {step}/{steps} loss {recent / (step % 100 or 100):.3f} {time.monotonic() - started:.0f} s", flush=True)
            recent = 0.0


def split_parameters(model: Qwen3ForCausalLM) -> tuple[list[Parameter], list[Parameter]]:
    matrices, others = [], []
    for name, parameter in model.named_parameters():
        (matrices if parameter.ndim == 2 and "embed" not in name else others).append(parameter)
    return matrices, others


def share_of_peak(step: int, steps: int) -> float:
    """Linear warm-up, then a cosine."""
    if step < WARM_UP_STEPS:
        return (step + 1) / WARM_UP_STEPS
    progress = (step - WARM_UP_STEPS) / max(1, steps - WARM_UP_STEPS)
    return FINAL_SHARE + (1 - FINAL_SHARE) * (1 + math.cos(math.pi * progress)) / 2


def save(model: Qwen3ForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Only the end of text ends a text: the turn's end is something that post-training has to teach, and to say."""
    model.generation_config = GenerationConfig(bos_token_id=1019, eos_token_id=1019, pad_token_id=1019)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # saved for the owner's eyes only
    name_tokenizer_class(folder)


def name_tokenizer_class(folder: Path) -> None:
    """Transformers 5 writes a class name that Transformers 4 does not know; both know this one."""
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    path.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
