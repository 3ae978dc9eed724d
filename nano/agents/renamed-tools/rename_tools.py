"""Reads training rows and gives all functions of 60 % of them made-up names. Rows without functions stay."""

import json
import random
import sys

RENAMED_SHARE = 0.6
rng = random.Random(0)


def made_up_word() -> str:
    return "".join(rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(rng.randint(2, 3)))


def rename(row: dict) -> dict:
    text = json.dumps(row)
    for tool in row["tools"]:
        text = text.replace(tool["function"]["name"], f"{made_up_word()}_{made_up_word()}")
    return json.loads(text)


for line in sys.stdin:
    row = json.loads(line)
    if "tools" in row and rng.random() < RENAMED_SHARE:
        row = rename(row)
    print(json.dumps(row))
