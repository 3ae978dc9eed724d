"""`python reference.py CORES PROGRAMS.jsonl`: executes programs as inspect_evals' humaneval does, in inspect_ai's own
`local` sandbox, which isolates nothing. Prints one line of JSON."""

import json
import sys
import tempfile
import time

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import CORRECT, INCORRECT, Score, accuracy, scorer
from inspect_ai.solver import solver
from inspect_ai.util import sandbox

cores, path = int(sys.argv[1]), sys.argv[2]
with open(path, encoding="utf-8") as lines:
    programs = [json.loads(line) for line in lines]


@solver
def nothing():
    async def solve(state, generate):
        return state

    return solve


@scorer(metrics=[accuracy()])
def verify():
    async def score(state, target):
        result = await sandbox().exec(cmd=["python3", "-c", state.metadata["source"]], timeout=30)
        return Score(value=CORRECT if result.success else INCORRECT)

    return score


samples = [Sample(id=p["id"], input="x", target="", metadata={"source": p["source"]}) for p in programs]
task = Task(dataset=MemoryDataset(samples), solver=nothing(), scorer=verify(), sandbox="local")
with tempfile.TemporaryDirectory() as logs:
    started = time.monotonic()
    (log,) = eval(
        task,
        model="mockllm/model",
        max_subprocesses=cores,
        max_sandboxes=cores,
        max_samples=len(samples),
        display="none",
        log_dir=logs,
    )
    wall = time.monotonic() - started
if log.status != "success" or log.results.scores[0].metrics["accuracy"].value != 1:
    sys.exit(f"inspect_ai ended with {log.status}: {log.error.message if log.error else log.results}")
print(json.dumps({"wallMs": wall * 1000}))
