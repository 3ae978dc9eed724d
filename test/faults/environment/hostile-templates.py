"""Renders every template of a JSON list on stdin under the engine's limits, with a second of processor time each, and
prints what came of each as JSON: `text` and its length, or `failed` or `exceeded`, and how long it took."""

import json, sys, time

sys.path.insert(0, sys.argv[1])
from chat_templates import TemplateExceeded, TemplateFailed, TemplateProcess

messages = [{"role": "user", "content": "What is 1 + 1?"}]
ends = []
for template in json.load(sys.stdin):
    order = {"conversations": [messages], "tools": None, "chat_template": template, "add_generation_prompt": True}
    process, started = TemplateProcess(max_cpu_s=1), time.monotonic()
    try:
        text = process.render(order)
        end = {"end": "text", "says": text[:200]}
    except TemplateExceeded as error:
        end = {"end": "exceeded", "says": str(error)}
    except TemplateFailed as error:
        end = {"end": "failed", "says": str(error)}
    ends.append({**end, "seconds": time.monotonic() - started})
json.dump(ends, sys.stdout)
