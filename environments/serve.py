"""Serves one checkpoint folder with plain Transformers behind the OpenAI chat-completions API.

GET /health is 503 until the model is loaded, then 200. What a request means is what vLLM 0.11 takes it for. Sampling
fields that it leaves out come from the model's generation_config.json (temperature, top_p, top_k, min_p,
repetition_penalty); what that leaves out is temperature 1, top_p 1, top_k and min_p off, no penalty. Its max_new_tokens
caps max_tokens. A prompt that with max_tokens exceeds the context is refused. Tools are rendered into the prompt, and
calls are left in the text.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import queue
import secrets
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_templates import TemplateExceeded, TemplateFailed, TemplateProcess

if TYPE_CHECKING:  # torch takes seconds to import, and the port is bound before that
    import torch

COLLECT_S = 0.008
MAX_BODY_BYTES = 16 * 1024 * 1024
COLDEST = 0.01  # vLLM takes lower temperatures for this one, and 0 for greedy


def main() -> None:
    parser = argparse.ArgumentParser(description="Serves a checkpoint with Transformers.")
    parser.add_argument("--model", required=True, metavar="DIR")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--served-model-name", required=True, metavar="NAME")
    parser.add_argument("--chat-template", type=Path, metavar="FILE", help="replaces the checkpoint's own")
    parser.add_argument("--max-batch", type=int, default=32)
    parser.add_argument("--device", choices=("cpu", "cuda", "auto"), default="auto")
    # On a CPU "auto" is float32: greedy texts then do not depend on the batch. On a GPU it is the checkpoint's own.
    parser.add_argument("--dtype", choices=("float32", "bfloat16", "auto"), default="auto")
    parser.add_argument("--threads", type=int)
    args = parser.parse_args()
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server = Server((args.host, args.port), Handler)
    server.model_name = args.served_model_name
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=load_and_work, args=(server, args), daemon=True).start()
    while True:
        signal.pause()  # the main thread is the one that takes signals


def load_and_work(server: Server, args: argparse.Namespace) -> None:
    try:
        engine = load_engine(args)
        engine.run_batch([Job([0], 1, Sampling(temperature=0.0))])  # a model that cannot run is not ready
    except BaseException as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:2000]
        print(f"serve: cannot load {args.model}: {reason}", file=sys.stderr, flush=True)
        os._exit(1)
    server.engine = engine
    engine.work(args.max_batch)


def load_engine(args: argparse.Namespace) -> Engine:
    if not Path(args.model).is_dir():
        raise NotADirectoryError("it is not a folder")
    template = args.chat_template.read_text("utf-8") if args.chat_template else None
    templates = TemplateProcess()
    templates.start()  # meanwhile the model is loaded
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if args.threads:
        torch.set_num_threads(args.threads)
    device = args.device if args.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    dtype = "float32" if args.dtype == "auto" and device == "cpu" else args.dtype
    safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    tokenizer = AutoTokenizer.from_pretrained(args.model, **safe)
    safe |= {"use_safetensors": True, "output_loading_info": True}
    model, info = AutoModelForCausalLM.from_pretrained(args.model, dtype=dtype, **safe)
    if info["missing_keys"]:  # Transformers would go on with random numbers
        raise ValueError(f"weights are missing: {', '.join(sorted(info['missing_keys'])[:8])}")
    if template is not None:
        tokenizer.chat_template = template
    engine = Engine(model.to(device).eval(), tokenizer, templates)
    engine.try_template()
    return engine


class BadRequest(Exception):
    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Sampling:
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0  # 0: off
    min_p: float = 0.0
    repetition_penalty: float = 1.0


@dataclass(eq=False)
class Job:
    """One request on its way through the worker; `done` is set once `text` or `error` is there."""

    prompt: list[int]
    max_tokens: int
    sampling: Sampling
    stop: tuple[str, ...] = ()
    generator: torch.Generator | None = None
    tokens: list[int] = field(default_factory=list)
    text: str = ""
    finish_reason: str = ""
    error: str | None = None
    done: threading.Event = field(default_factory=threading.Event)


class Engine:
    """The model, its tokenizer, and the one thread that generates."""

    def __init__(self, model: Any, tokenizer: Any, templates: TemplateProcess) -> None:
        config = model.generation_config
        self.model, self.tokenizer, self.templates = model, tokenizer, templates
        self.tokenizer_lock = threading.Lock()  # a fast tokenizer in use elsewhere can raise "Already borrowed"
        self.jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self.vocabulary: int = model.get_input_embeddings().weight.shape[0]
        self.context: int = getattr(model.config.get_text_config(), "max_position_embeddings", None) or 2**31
        self.eos = read_eos_ids(config, tokenizer)
        self.defaults = read_sampling(vars(config), Sampling())
        self.most_tokens = read_field(vars(config), "max_new_tokens", int, (1, 2**31), None)

    def try_template(self) -> None:
        """A template that cannot even render a greeting within its limits is not worth serving."""
        try:
            self.render([{"role": "user", "content": "Hello"}], None, {})
        except TemplateExceeded as error:
            raise ValueError(f"the chat template failed: {error}") from error
        except Exception:
            pass  # it may want other messages, and whoever sends those is told

    def render(self, messages: list[Any], tools: list[Any] | None, template_kwargs: dict[str, Any]) -> str:
        if not messages:
            raise TemplateFailed("there are no messages")
        template = self.tokenizer.get_chat_template(template_kwargs.get("chat_template"), tools)
        variables = {"add_generation_prompt": True, **self.tokenizer.special_tokens_map, **template_kwargs}
        return self.templates.render(
            {**variables, "conversations": [messages], "tools": tools, "chat_template": template}
        )

    def encode(self, messages: list[Any], tools: list[Any] | None, template_kwargs: dict[str, Any]) -> list[int]:
        try:
            text = self.render(messages, tools, template_kwargs)
            with self.tokenizer_lock:
                ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        except Exception as error:  # both are the checkpoint's, and may raise anything
            reason = str(error) if isinstance(error, TemplateFailed) else f"{type(error).__name__}: {error}"
            raise BadRequest(f"the chat template failed: {reason}") from error
        if not ids:
            raise BadRequest("the chat template rendered an empty prompt")
        if max(ids) >= self.vocabulary:  # on a GPU such an id would break the process for good
            raise BadRequest(f"the tokenizer made token {max(ids)}, but the model knows {self.vocabulary}")
        return ids

    def decode(self, tokens: list[int]) -> str:
        with self.tokenizer_lock:
            return self.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)

    def limit_tokens(self, prompt: int, requested: int | None) -> int:
        left = self.context - prompt
        # Clients tell these refusals from others by their words, and some rules score the words.
        context = f"This model's maximum context length is {self.context} tokens"
        if left <= 0:
            raise BadRequest(
                f"{context}. However, your request has {prompt} input tokens. "
                "Please reduce the length of the input messages."
            )
        if requested is not None and requested > left:
            raise BadRequest(
                f"'max_tokens' or 'max_completion_tokens' is too large: {requested}. {context} and your request has "
                f"{prompt} input tokens ({requested} > {self.context} - {prompt})."
            )
        return min(each for each in (left, requested, self.most_tokens) if each is not None)

    def work(self, max_batch: int) -> None:
        while True:
            batch = [self.jobs.get()]
            until = time.monotonic() + COLLECT_S
            try:
                while len(batch) < max_batch:
                    batch.append(self.jobs.get(timeout=max(0.0, until - time.monotonic())))
            except queue.Empty:
                pass
            try:
                self.run_batch(batch)
            except Exception as error:
                reason = f"generation failed: {type(error).__name__}: {error}"
                print(f"serve: {reason}", file=sys.stderr, flush=True)
                for job in batch:
                    job.error = None if job.done.is_set() else reason
                    job.done.set()

    def run_batch(self, rows: list[Job]) -> None:
        """Generates until every row is finished. Prompts are padded on the left, so that all rows end together."""
        import torch

        with torch.inference_mode():
            device = self.model.device
            width = max(len(job.prompt) for job in rows)
            pads = [width - len(job.prompt) for job in rows]
            ids = torch.tensor([[0] * pad + job.prompt for pad, job in zip(pads, rows)], device=device)
            mask = torch.tensor([[0] * pad + [1] * (width - pad) for pad in pads], device=device)
            positions = (mask.cumsum(-1) - 1).clamp(min=0)
            step: dict[str, Any] = {"use_cache": True, "logits_to_keep": 1}
            while True:
                output = self.model(input_ids=ids, attention_mask=mask, position_ids=positions, **step)
                cache = step["past_key_values"] = output.past_key_values
                chosen = choose_tokens(output.logits[:, -1].float(), rows)
                for job, token in zip(rows, chosen.tolist()):
                    self.advance(job, token)
                live = [row for row, job in enumerate(rows) if not job.done.is_set()]
                if not live:
                    return
                if len(live) <= 0.75 * len(rows):  # copying the cache costs less than carrying a quarter of it along
                    rows, kept = [rows[row] for row in live], torch.tensor(live, device=device)
                    cache.batch_select_indices(kept)
                    chosen, mask, positions = chosen[kept], mask[kept], positions[kept]
                ids = chosen[:, None]
                mask = torch.cat([mask, mask.new_ones(len(rows), 1)], dim=-1)
                # Only finished rows that are still carried along can reach the limit.
                positions = (positions[:, -1:] + 1).clamp(max=self.context - 1)

    def advance(self, job: Job, token: int) -> None:
        if job.done.is_set():
            return
        job.tokens.append(token)
        # The tail is enough: a token is a byte at least, save special ones, and few of those stand within a match.
        longest = max((len(stop.encode(errors="replace")) for stop in job.stop), default=0)
        tail = self.decode(job.tokens[-longest - 8 :]) if longest else ""
        if token in self.eos or any(stop in tail for stop in job.stop):
            job.finish_reason = "stop"
        elif len(job.tokens) >= job.max_tokens:
            job.finish_reason = "length"
        else:
            return
        text = self.decode(job.tokens)
        job.text = text[: min((at for stop in job.stop if (at := text.find(stop)) >= 0), default=None)]
        job.done.set()


def read_eos_ids(config: Any, tokenizer: Any) -> frozenset[int]:
    """generation_config's ids and the tokenizer's, as with vLLM, and `<|im_end|>`: many a fine-tuned chat model ends with
    it while both still name the base's `<|endoftext|>` alone."""
    ids = config.eos_token_id if isinstance(config.eos_token_id, list) else [config.eos_token_id]
    listed = [*ids, tokenizer.eos_token_id, tokenizer.get_vocab().get("<|im_end|>")]
    return frozenset(int(token) for token in listed if token is not None)


def choose_tokens(logits: torch.Tensor, rows: list[Job]) -> torch.Tensor:
    """One token per row. Every step works within its row, so that a row's token does not depend on its neighbours."""
    import torch

    def column(values: list[float], **kind: Any) -> torch.Tensor:
        return logits.new_tensor(values, **kind)[:, None]

    for row, job in enumerate(rows):
        if (penalty := job.sampling.repetition_penalty) != 1.0:
            seen = torch.tensor(sorted({*job.prompt, *job.tokens}), device=logits.device)
            found = logits[row, seen]
            logits[row, seen] = torch.where(found > 0, found / penalty, found * penalty)
    chosen = logits.argmax(-1)
    drawn = [row for row, job in enumerate(rows) if job.generator is not None and not job.done.is_set()]
    if not drawn:
        return chosen
    sampling, size = [rows[row].sampling for row in drawn], logits.shape[-1]
    scaled = logits[drawn] / column([each.temperature for each in sampling])
    ranked, order = scaled.sort(dim=-1, descending=True, stable=True)
    top_k = column([each.top_k or size for each in sampling], dtype=torch.int64)
    min_p = column([each.min_p for each in sampling], dtype=torch.float64)
    odds = ranked.double().softmax(-1)
    ranked = ranked.masked_fill(odds < min_p * odds[:, :1], -math.inf)
    mass = ranked.masked_fill(torch.arange(size, device=logits.device) >= top_k, -math.inf).double().softmax(-1)
    top_p = column([each.top_p for each in sampling], dtype=torch.float64)
    mass = mass.masked_fill((mass.cumsum(-1) - mass >= top_p) & (top_p < 1), 0.0)  # keeps the token that crosses top_p
    total = mass.cumsum(-1)
    dice = column([torch.rand((), generator=rows[row].generator).item() for row in drawn], dtype=torch.float64)
    # NaN logits land on the last rank: such a model's texts are worthless, but its requests are answered.
    rank = torch.searchsorted(total, dice * total[:, -1:], right=True).clamp(max=size - 1)
    chosen[drawn] = order.gather(-1, rank)[:, 0]
    return chosen


def read_job(body: Any, engine: Engine, model_name: str) -> Job:
    import torch

    if not isinstance(body, dict):
        raise BadRequest("the body must be an object")
    if body.get("model") not in (None, model_name):
        raise BadRequest(f"The model `{body['model']}` does not exist.", 404)
    if body.get("stream") or body.get("n") not in (None, 1):
        raise BadRequest("stream and n are not supported")
    sampling = read_sampling(body, engine.defaults)
    seed = read_field(body, "seed", int, (-(2**63), 2**63 - 1), secrets.randbits(63))
    stop = [body["stop"]] if isinstance(body.get("stop"), str) else body.get("stop") or []
    if not is_list(stop, str) or "" in stop:
        raise BadRequest("stop must be a text or a list of texts")
    messages, tools = body.get("messages"), body.get("tools") or []
    template_kwargs = body.get("chat_template_kwargs") or {}
    if not is_list(messages, dict) or not all(is_message(each) for each in messages):
        raise BadRequest("messages must be a list of objects, each with a role and a text or a list of texts")
    if not is_list(tools, dict) or not isinstance(template_kwargs, dict):
        raise BadRequest("tools must be a list of objects, and chat_template_kwargs an object")
    requested = read_field(body, "max_tokens", int, (1, 2**31), None)
    prompt = engine.encode(messages, tools or None, template_kwargs)
    generator = torch.Generator().manual_seed(seed) if sampling.temperature > 0 else None
    return Job(prompt, engine.limit_tokens(len(prompt), requested), sampling, tuple(stop), generator)


def is_list(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(each, kind) for each in value)


def is_message(value: dict[str, Any]) -> bool:
    content = value.get("content")
    return isinstance(value.get("role"), str) and (
        isinstance(content, (str, type(None))) or (is_list(content, dict) and all(is_text_part(each) for each in content))
    )


def is_text_part(value: dict[str, Any]) -> bool:
    return value.get("type") == "text" and isinstance(value.get("text"), str)


def read_sampling(source: dict[str, Any], silent: Sampling) -> Sampling:
    top_k = read_field(source, "top_k", int, (-1, 2**31), silent.top_k)
    temperature = read_field(source, "temperature", float, (0, 1e6), silent.temperature)
    return Sampling(
        temperature=max(temperature, COLDEST) if temperature > 0 else 0.0,
        top_p=read_field(source, "top_p", float, (1e-9, 1), silent.top_p),
        top_k=max(0, top_k),
        min_p=read_field(source, "min_p", float, (0, 1), silent.min_p),
        repetition_penalty=read_field(source, "repetition_penalty", float, (1e-9, 1e6), silent.repetition_penalty),
    )


def read_field(source: dict[str, Any], name: str, kind: type, bounds: tuple[float, float], silent: Any) -> Any:
    value, kinds = source.get(name), (int,) if kind is int else (int, float)
    if value is None:
        return silent
    if isinstance(value, bool) or not isinstance(value, kinds) or not bounds[0] <= value <= bounds[1]:
        raise BadRequest(f"{name} must be of type {kind.__name__}, from {bounds[0]} to {bounds[1]}")
    return kind(value)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024
    model_name: str
    engine: Engine | None = None


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024  # head and body leave in one packet
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        try:
            status, body = 200, self.post() if self.command == "POST" else self.get()
        except Exception as error:
            status = error.status if isinstance(error, BadRequest) else 500
            kind = "invalid_request_error" if status < 500 else "server_error"
            body = {"error": {"message": str(error) or repr(error), "type": kind, "param": None, "code": status}}
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET

    def get(self) -> dict[str, Any]:
        engine = self.ready_engine()
        if self.path == "/health":
            return {"status": "ok"}
        if self.path != "/v1/models":
            raise BadRequest(f"no such path: {self.path}", 404)
        facts = {"eos_token_ids": sorted(engine.eos), "sampling_defaults": asdict(engine.defaults)}
        device = {"device": str(engine.model.device), "dtype": str(engine.model.dtype).removeprefix("torch.")}
        card = {"id": self.server.model_name, "object": "model", "created": 0, "owned_by": "posttrainbench"}
        return {"object": "list", "data": [{**card, "max_model_len": engine.context, "metadata": {**facts, **device}}]}

    def post(self) -> dict[str, Any]:
        body = self.read_body()
        engine = self.ready_engine()
        if self.path != "/v1/chat/completions":
            raise BadRequest(f"no such path: {self.path}", 404)
        job = read_job(body, engine, self.server.model_name)
        engine.jobs.put(job)
        job.done.wait()
        if job.error is not None:
            raise RuntimeError(job.error)
        usage = {"prompt_tokens": len(job.prompt), "completion_tokens": len(job.tokens)}
        usage["total_tokens"] = sum(usage.values())
        message = {"role": "assistant", "content": job.text}
        choice = {"index": 0, "message": message, "finish_reason": job.finish_reason}
        head = {"id": f"chatcmpl-{secrets.token_hex(12)}", "object": "chat.completion", "created": int(time.time())}
        return {**head, "model": self.server.model_name, "choices": [choice], "usage": usage}

    def ready_engine(self) -> Engine:
        if self.server.engine is None:
            raise BadRequest("the model is still loading", 503)
        return self.server.engine

    def read_body(self) -> Any:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 16) or int(length) > MAX_BODY_BYTES:
            self.close_connection = True  # what stays unread must not be taken for the next request
            raise BadRequest(f"the body needs a Content-Length of at most {MAX_BODY_BYTES} bytes", 413)
        try:
            return json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise BadRequest(f"the body is not JSON: {error}") from error


if __name__ == "__main__":
    main()
