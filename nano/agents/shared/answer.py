"""Lets a checkpoint answer the questions of chat rows (see train.py): the same rows with its answers as completions."""

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch  # noqa: E402: the hub's switch is read when transformers is imported
from transformers import AutoModelForCausalLM, AutoTokenizer, logging  # noqa: E402

from train import end_turns, read_rows  # noqa: E402

BATCH, MAX_NEW_TOKENS = 100, 64

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--model", type=Path, required=True)
parser.add_argument("--data", type=Path, required=True)
parser.add_argument("--limit", type=int)
arguments = parser.parse_args()

logging.disable_progress_bar()
tokenizer = AutoTokenizer.from_pretrained(arguments.model, padding_side="left")
model = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32)
end_turns(model, tokenizer)
rows = read_rows(arguments.data, arguments.limit)
for start in range(0, len(rows), BATCH):
    batch = rows[start : start + BATCH]
    prompts = [
        tokenizer.apply_chat_template(
            row["messages"], tools=row.get("tools"), add_generation_prompt=True, tokenize=False
        )
        for row in batch
    ]
    tokens = tokenizer(prompts, padding=True, add_special_tokens=False, return_tensors="pt")
    answers = model.generate(**tokens, do_sample=False, max_new_tokens=MAX_NEW_TOKENS)
    texts = tokenizer.batch_decode(answers[:, tokens["input_ids"].shape[1] :], skip_special_tokens=True)
    for row, text in zip(batch, texts):
        print(json.dumps({**row, "completion": text.strip()}))
