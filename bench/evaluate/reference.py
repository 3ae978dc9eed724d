"""`python reference.py PORT CONCURRENCY ITEMS.jsonl`: the same requests through inspect_ai. Prints one line of JSON."""

import json
import resource
import sys
import tempfile
import time

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser, get_model
from inspect_ai.scorer import match
from inspect_ai.solver import generate

port, concurrency, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
kinds = {"system": ChatMessageSystem, "user": ChatMessageUser}
with open(path, encoding="utf-8") as lines:
    items = [json.loads(line) for line in lines]
samples = [
    Sample(id=i["id"], target=i["target"], input=[kinds[m["role"]](content=m["content"]) for m in i["messages"]])
    for i in items
]
model = get_model("openai-api/bench/m", base_url=f"http://127.0.0.1:{port}/v1", api_key="none")
task = Task(dataset=MemoryDataset(samples), solver=generate(max_tokens=4000), scorer=match(numeric=True))
with tempfile.TemporaryDirectory() as logs:
    started = time.monotonic()
    (log,) = eval(
        task, model=model, max_connections=concurrency, max_samples=concurrency, display="none", log_dir=logs
    )
    wall = time.monotonic() - started
if log.status != "success":
    sys.exit(f"inspect_ai ended with {log.status}: {log.error and log.error.message}")
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(
    json.dumps(
        {
            "requests": len(samples),
            "wallMs": wall * 1000,
            "cpuMs": sum(u.ru_utime + u.ru_stime for u in used) * 1000,
            "rssMiB": used[0].ru_maxrss / 1024,
        }
    )
)
