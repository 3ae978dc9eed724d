"""Renders chat templates, the programs that a checkpoint brings along, in a process of their own with limits.

As a program it reads one conversation per line of JSON and answers with a line each. `TemplateProcess` is the other
side: it starts that program, and replaces it when a template has used it up.
"""

from __future__ import annotations

import functools
import json
import math
import os
import resource
import subprocess
import sys
import threading
from typing import Any

MAX_CPU_S = 10  # of one rendering; processor time, so that a busy or suspended machine changes nothing
MAX_WALL_S = 300.0  # for whatever waits without using the processor
MAX_MEMORY_BYTES = 512 * 1024**2  # on top of what the program itself takes
MAX_CHARACTERS = 1024**2
MAX_DEATHS = 3  # a template that keeps exceeding its limits would hold up every request


class TemplateFailed(Exception):
    """The template raised something, or made what cannot be used."""


class TemplateExceeded(TemplateFailed):
    """The template exceeded its limits."""


class TemplateProcess:
    """The process that renders for one checkpoint, one conversation at a time."""

    def __init__(self, max_cpu_s: int = MAX_CPU_S) -> None:
        self.max_cpu_s = max_cpu_s
        self.lock = threading.Lock()
        self.deaths = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Returns at once; the first rendering waits until the process is ready."""
        if self.process is None:
            argv = [sys.executable, __file__, str(self.max_cpu_s)]
            self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self.process

    def render(self, order: dict[str, Any]) -> str:
        """`order`: the arguments of Transformers' `render_jinja_template`, with a single conversation."""
        with self.lock:
            if self.deaths >= MAX_DEATHS:
                raise TemplateExceeded(f"it exceeded its limits {MAX_DEATHS} times and is not rendered any more")
            answer = self.ask(json.dumps(order).encode() + b"\n")
        if "text" in answer:
            return answer["text"]
        raise TemplateFailed(answer["error"])

    def ask(self, line: bytes) -> dict[str, str]:
        process = self.start()
        deadline = threading.Timer(MAX_WALL_S, process.kill)
        deadline.start()
        try:
            process.stdin.write(line)
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:
            answer = b""
        finally:
            deadline.cancel()
        if answer.endswith(b"\n"):
            return json.loads(answer)
        self.process, self.deaths = None, self.deaths + 1
        process.kill()
        ended = -process.wait()
        raise TemplateExceeded(f"it used more than {self.max_cpu_s} s, or too much memory (signal {ended})")


def main(max_cpu_s: int) -> None:
    # What a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    from transformers.utils.chat_template_utils import render_jinja_template

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit_memory()
    for line in sys.stdin.buffer:
        limit_cpu(max_cpu_s)
        try:
            order = json.loads(line)
            shape_contents(order["conversations"][0], order["chat_template"])
            rendered, _ = render_jinja_template(**order)
            if len(rendered[0]) > MAX_CHARACTERS:
                raise ValueError(f"it made {len(rendered[0])} characters, {MAX_CHARACTERS} are allowed")
            answer = {"text": rendered[0]}
        except Exception as error:  # the template may raise anything
            answer = {"error": f"{type(error).__name__}: {error}"[:2000]}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def shape_contents(messages: list[dict[str, Any]], template: str) -> None:
    """As vLLM: texts for most templates, lists of parts for those that loop over the content of a message."""
    wants_parts = loops_over_content(template)
    for message in messages:
        content = message.get("content")
        if not isinstance(content, list):
            content = [] if content is None else [{"type": "text", "text": content}]
        message["content"] = content if wants_parts else "\n".join(part["text"] for part in content)


@functools.lru_cache(maxsize=4)
def loops_over_content(template: str) -> bool:
    from jinja2 import nodes
    from transformers.utils import chat_template_utils

    def is_content(node: nodes.Node) -> bool:
        if isinstance(node, nodes.Filter) and node.node is not None:
            return is_content(node.node)
        if isinstance(node, nodes.Getitem):
            return isinstance(node.arg, nodes.Const) and node.arg.value == "content"
        return isinstance(node, nodes.Getattr) and node.attr == "content"

    environment = chat_template_utils._compile_jinja_template(template).environment
    return any(is_content(loop.iter) for loop in environment.parse(template).find_all(nodes.For))


def limit_memory() -> None:
    if sys.platform == "linux":  # elsewhere the limit does not hold, and this is how the size is known
        with open("/proc/self/statm") as file:
            own = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (own + MAX_MEMORY_BYTES,) * 2)


def limit_cpu(seconds: int) -> None:
    """The kernel ends the process; an interrupt of our own could be caught or would wait for a long operation."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main(int(sys.argv[1]))
