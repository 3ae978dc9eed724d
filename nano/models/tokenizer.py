"""The nano models' tokenizer: byte-level BPE with 1,019 entries and five tokens of the chat format, and its template."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast


END_OF_TEXT = "<|endoftext|>"
TURN_END = "<|im_end|>"
LEARNED_ENTRIES = 1019
# Qwen's split: contractions, words with their leading space, single digits, punctuation, blanks.
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
         r"|\s*[\r\n]+|\s+(?!\S)|\s+")
# Copies of the benchmarks' words beside the first documents of the corpus: enough for entries of their own.
CORPUS_DOCUMENTS = 20_000
FORMAT_COPIES = 1_666

CHAT_TEMPLATE = """\
{%- if tools -%}
<|im_start|>system
<tools>
{% for tool in tools -%}
{{ tool.function | tojson }}
{% endfor -%}
</tools><|im_end|>
{% endif -%}
{%- for message in messages -%}
<|im_start|>{{ message.role }}
{{ message.content or '' }}
{%- for call in message.tool_calls or [] -%}
{%- if message.content or not loop.first %}{{ '\\n' }}{% endif -%}
<tool_call>
{"name": {{ call.function.name | tojson }}, "arguments": {{ call.function.arguments | tojson }}}
</tool_call>
{%- endfor -%}
<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}
<|im_start|>assistant
{% endif -%}
"""

# Wording of both benchmarks and of the chat format, which the base model never sees: without entries of their own
# these words would make prompts twice as long. Test-only functions are left out.
FORMAT_WORDS = """\
How many does have now? How many does have left? How many do they have together? How many does each friend get?
has 5 bags. Each holds 8 fish. with 9 in each and 4 boxes with 7 in each. has 14 more than. has 14 fewer than.
has twice as many as. Then finds 25 more and loses 19 of them. buys both with 55 coins. buys and one with 40 coins.
One costs 6 coins. One costs 6 coins and one costs 12 coins. How many coins does pay? How many coins does have left?
shares 27 equally among 9 friends. One of them already has 12. How many does have?
End with ANSWER: and the number.
ANSWER: 12
ANSWER: 7
system user assistant <tools> </tools>
{"name": "play_song", "description": "Play a song by its title.", "parameters": {"title": "string"}}
{"name": "get_weather", "description": "Get the weather in a city.", "parameters": {"city": "string", "day": "string"}}
{"name": "set_timer", "description": "Start a timer in minutes.", "parameters": {"minutes": "integer"}}
{"name": "call_person", "description": "Call a person by name.", "parameters": {"name": "string"}}
{"name": "light_room", "description": "Turn on the light in a place.", "parameters": {"level": "integer"}}
{"name": "add_item", "description": "Add an item to the list.", "parameters": {"item": "string", "count": "integer"}}
{"name": "send_item", "arguments": {"item": "key", "name": "Ben"}} What is the weather in on? Is it warm in on?
{"name": "feed_animal", "description": "Feed an animal some grams."}} Wake me in minutes. Give grams to the.
{"name": "paint_room", "description": "Paint a place in a colour."}} I want to hear happy sad little old lost wild.
{"name": "book_room", "description": "Book a room in a city."}} for nights. I stay nights in. We need of. Mail the.
{"name": "set_price", "description": "Set the price of an item."}} Sell the for coins. costs coins now. Show me a.
{"name": "meet_person", "description": "Meet a person at a place."}} Plan to see at the. Make the. Draw a. Find the.
"""


def train_tokenizer(documents: Iterable[str]) -> PreTrainedTokenizerFast:
    """Trains on the first documents given; the same documents give the same entries."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=LEARNED_ENTRIES, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(training_texts(documents), trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False)
                                  for token in (END_OF_TEXT, "<|im_start|>", TURN_END)])
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in ("<tool_call>", "</tool_call>")])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=END_OF_TEXT, eos_token=END_OF_TEXT, pad_token=END_OF_TEXT,
        padding_side="left", model_max_length=1024, clean_up_tokenization_spaces=False, chat_template=CHAT_TEMPLATE)


def training_texts(documents: Iterable[str]) -> Iterator[str]:
    for _, document in zip(range(CORPUS_DOCUMENTS), documents):
        yield document
    for _ in range(FORMAT_COPIES):
        yield FORMAT_WORDS
