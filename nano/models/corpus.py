"""The pre-training corpus of the nano base model: small facts, stories, records and logs from a fixed grammar.

It teaches reading, copying and sums of small numbers. It holds no question, no answer line, no chat format and no
tool call: what the two benchmarks ask for, post-training has to teach.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).parent
WORDS: dict[str, list[Any]] = json.loads((HERE.parent / "words.json").read_text(encoding="utf-8"))
IDENTIFIERS = (HERE / "identifiers.txt").read_text(encoding="utf-8").split()
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
ACTIONS = ["check", "clean", "close", "copy", "count", "fill", "find", "load", "mark", "move", "open", "sort"]


def documents(count: int, seed: int) -> Iterator[str]:
    rng = Random(seed)
    families, weights = zip(*FAMILIES)
    for _ in range(count):
        yield rng.choices(families, weights)[0](rng)


def equations(rng: Random) -> str:
    return rng.choice(["\n", "; ", ", "]).join(fact(rng) for _ in range(rng.randint(4, 12)))


def fact(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.40:
        return add(rng.randint(0, 70), rng.randint(0, 30))
    if kind < 0.76:
        return subtract(*lesser(rng))
    if kind < 0.90:
        return multiply(rng.randint(1, 9), rng.randint(1, 9))
    divisor = rng.randint(1, 9)
    return divide(divisor * rng.randint(1, 9), divisor)


def lesser(rng: Random) -> tuple[int, int]:
    """A number and what can be taken from it."""
    whole = rng.randint(1, 99)
    return whole, rng.randint(0, min(40, whole))


def add(a: int, b: int) -> str:
    return f"{a} + {b} = {a + b}"


def subtract(a: int, b: int) -> str:
    return f"{a} - {b} = {a - b}"


def multiply(a: int, b: int) -> str:
    return f"{a} * {b} = {a * b}"


def divide(a: int, b: int) -> str:
    return f"{a} / {b} = {a // b}"


def facts_in_words(rng: Random) -> str:
    return " ".join(fact_in_words(rng) for _ in range(rng.randint(2, 6)))


def fact_in_words(rng: Random) -> str:
    a, b = rng.randint(0, 70), rng.randint(0, 30)
    whole, part = lesser(rng)
    m, n = rng.randint(1, 9), rng.randint(1, 9)
    half = rng.randint(1, 30)
    return rng.choice([
        f"{a} and {b} make {a + b}.",
        f"{b} more than {a} is {a + b}.",
        f"{a} plus {b} is {a + b}.",
        f"{whole} take away {part} leaves {whole - part}.",
        f"{part} less than {whole} is {whole - part}.",
        f"{whole} minus {part} is {whole - part}.",
        f"{m} groups of {n} make {m * n}.",
        f"{m} times {n} is {m * n}.",
        f"{m * n} shared by {m} is {n} each.",
        f"Half of {2 * half} is {half}.",
        f"Twice {half} is {2 * half}.",
    ])


def counting(rng: Random) -> str:
    start, step = rng.randint(0, 60), rng.choice([1, 2, 3, 5])
    return ", ".join(str(start + step * turn) for turn in range(rng.randint(5, 12))) + "."


def story(rng: Random) -> str:
    """`Leo had 56 coins at the river. He found 25 more. Then Leo loses 19, so he has 62. That makes 62 coins.`"""
    name, pronoun = person(rng)
    things = rng.choice(WORDS["objects"])["many"]
    have = rng.randint(1, 60)
    text = [f"{name} {rng.choice(['had', 'has'])} {have} {things}" + rng.choice(["", f" at the {place(rng)}"]) + "."]
    for turn in range(rng.randint(1, 3)):
        before = have
        gains = have < 2 or (have <= 70 and rng.random() < 0.5)
        amount = rng.randint(1, 30) if gains else rng.randint(1, min(40, have))
        have += amount if gains else -amount
        verb = rng.choice(WORDS["gain" if gains else "loss"])[rng.choice(["past", "present"])]
        sentence = rng.choice([pronoun, name, f"Then {name}", f"Then {pronoun.lower()}"]) + f" {verb} {amount}"
        sentence += rng.choice([f" {things}", " more" if gains else " of them", ""])
        calculation = add(before, amount) if gains else subtract(before, amount)
        sentence += rng.choice(["", "", f", so {pronoun.lower()} has {have}", f", and {calculation}"])
        text.append(sentence + ".")
    text.append(rng.choice([
        f"That makes {have} {things}.",
        f"Now {name} has {have} {things}.",
        f"{pronoun} has {have} {things} left.",
        f"There are {have} {things} now.",
    ]))
    return " ".join(text)


def groups(rng: Random) -> str:
    """Containers, sharing, and two persons compared."""
    (a, pronoun), (b, _) = two_persons(rng)
    thing, box = rng.choice(WORDS["objects"]), rng.choice(WORDS["containers"])
    things, boxes = thing["many"], box["many"]
    m, n = rng.randint(2, 9), rng.randint(2, 9)
    have, other = rng.randint(2, 35), rng.randint(2, 30)
    whole, part = rng.randint(12, 70), rng.randint(2, 11)
    return rng.choice([
        f"On the table are {m} {boxes}. Each {box['one']} holds {n} {things}. "
        f"All of them hold {m * n} {things}, because {multiply(m, n)}.",
        f"{a} has {m} {boxes} with {n} {things} in each. {multiply(m, n)}, so {pronoun.lower()} has {m * n} {things}.",
        f"{a} put {m * n} {things} into {m} {boxes}. Every {box['one']} got {n}, since {divide(m * n, m)}.",
        f"{a} shares {m * n} {things} with {m} friends. Each friend gets {n}: {divide(m * n, m)}.",
        f"{a} has {have} {things}. {b} has {other} more than {a}, which is {have + other}. "
        + (f"Both have {2 * have + other}: {add(have, have + other)}." if have + other <= 30 else f"{add(have, other)}."),
        f"{a} has {whole} {things}. {b} has {part} fewer than {a}, which is {whole - part}. {subtract(whole, part)}.",
        f"{a} has {m} {things}. {b} has twice as many as {a}, which is {2 * m}. Together they have {3 * m}.",
        f"{a} has {have} {things} and {b} has {other}. Together they have {have + other}, as {add(have, other)}.",
    ])


def money(rng: Random) -> str:
    name, _ = person(rng)
    one, two = rng.sample(WORDS["objects"], 2)
    m, n = rng.randint(2, 9), rng.randint(2, 9)
    a, b = rng.randint(2, 30), rng.randint(2, 30)
    paid = rng.randint(a + 1, 99)
    return rng.choice([
        f"{name} pays for a {one['one']} that costs {a} coins with {paid} coins and takes {paid - a} coins home, "
        f"as {subtract(paid, a)}.",
        f"One {one['one']} costs {a} coins and one {two['one']} costs {b} coins. "
        f"{name} buys both for {a + b} coins, as {add(a, b)}.",
        f"One {one['one']} costs {n} coins. {name} buys {m} {one['many']} and pays {m * n} coins, as {multiply(m, n)}.",
    ])


def tale(rng: Random) -> str:
    return " ".join(rng.choice(TALE_SENTENCES)(rng) for _ in range(rng.randint(3, 6)))


TALE_SENTENCES: list[Callable[[Random], str]] = [
    lambda rng: f"{person(rng)[1]} saw a {colour(rng)} {animal(rng)} near the {place(rng)}.",
    lambda rng: f"They walked home on {rng.choice(DAYS)}.",
    lambda rng: f"{person(rng)[0]} lives in {city(rng)}.",
    lambda rng: f"The {animal(rng)} sleeps in the {place(rng)}.",
    lambda rng: f"It is warm in {city(rng)} on {rng.choice(DAYS)}.",
    lambda rng: f"{person(rng)[0]} took the {thing(rng)} to the {place(rng)}.",
    lambda rng: f"{person(rng)[0]} and {person(rng)[0]} met at the {place(rng)}.",
    lambda rng: f"{person(rng)[0]} painted the {place(rng)} {colour(rng)}.",
    lambda rng: f"The {colour(rng)} {thing(rng)} is in the {rng.choice(WORDS['containers'])['one']}.",
    lambda rng: f"{person(rng)[0]} gave the {thing(rng)} to {person(rng)[0]}.",
    lambda rng: f"The {animal(rng)} is old and the {animal(rng)} is little.",
]


def json_record(rng: Random) -> str:
    fields = record(rng, rng.randint(1, 4))
    text = json.dumps(fields)
    lines = "\n".join(f"{name} = {value}" for name, value in fields.items())
    prose = " and ".join(f"the {name} is {value}" for name, value in fields.items())
    return rng.choice([text, f"{lines}\n{text}", f"When {prose}, it is written as {text}."])


def table(rng: Random) -> str:
    """A heading with types, a row in words, and the row as JSON."""
    name, fields = identifier(rng), record(rng, rng.randint(1, 3))
    types = {key: "integer" if isinstance(value, int) else "string" for key, value in fields.items()}
    row = list(fields.items())
    rng.shuffle(row)
    form = rng.choice(["{} {}", "{}: {}", "{} is {}"])
    words = ", ".join(form.format(key, value) for key, value in row)
    return f"{name} {json.dumps(types)}\n{words}\n{name} {json.dumps(fields)}"


def copy(rng: Random) -> str:
    makers = [identifier, thing, animal, city, lambda rng: person(rng)[0], lambda rng: str(rng.randint(0, 99))]
    text = rng.choice([" ", ", "]).join(rng.choice(makers)(rng) for _ in range(rng.randint(3, 8)))
    return rng.choice(["{0}\n{0}", "{0} / {0}", "say {0}: {0}", '"{0}" "{0}"']).format(text)


def look_up(rng: Random) -> str:
    keys = rng.sample([*WORDS["places"], *FIELDS], rng.randint(2, 5))
    pairs = [(key, value_of(rng, rng.choice(KINDS))) for key in keys]
    told = ", ".join(f"{key} is {value}" for key, value in pairs)
    rng.shuffle(pairs)
    mark = rng.choice([": ", " -> ", " = "])
    return f"{told}.\n" + "\n".join(f"{key}{mark}{value}" for key, value in pairs)


def log(rng: Random) -> str:
    """`Check the garden with animal dog.` and how a machine notes it."""
    action, target = rng.choice(ACTIONS), rng.choice([place(rng), thing(rng), rng.choice(IDENTIFIERS)])
    fields = record(rng, rng.randint(1, 2))
    if rng.random() < 0.3:
        fields = {rng.choice(IDENTIFIERS): rng.randint(1, 60)}
    told = " and ".join(f"{key} {value}" for key, value in fields.items())
    request = f"{action.capitalize()} the {target} with {told}."
    if rng.random() < 0.6:
        return f"{request}\nlog {json.dumps({f'{action}_{target}': fields})}"
    return f"{request}\nrun {action}_{target} " + " ".join(f"{key}={value}" for key, value in fields.items())


FIELDS: dict[str, str] = {
    "age": "number", "animal": "animal", "city": "city", "colour": "colour", "count": "number", "day": "day",
    "item": "thing", "level": "number", "name": "person", "place": "place", "price": "number", "size": "number",
}
KINDS = sorted(set(FIELDS.values()))


def record(rng: Random, size: int) -> dict[str, str | int]:
    return {name: value_of(rng, FIELDS[name]) for name in rng.sample(sorted(FIELDS), size)}


def value_of(rng: Random, kind: str) -> str | int:
    match kind:
        case "number":
            return rng.randint(1, 90)
        case "person":
            return person(rng)[0]
        case "day":
            return rng.choice(DAYS)
        case "thing":
            return thing(rng)
        case "animal":
            return animal(rng)
        case "city":
            return city(rng)
        case "colour":
            return colour(rng)
        case _:
            return place(rng)


def identifier(rng: Random) -> str:
    """Two words, each known or made up: `line_debati`, `norifa_zoka`."""
    return "_".join(rng.choice(IDENTIFIERS) if rng.random() < 0.5 else made_up_word(rng) for _ in range(2))


def made_up_word(rng: Random) -> str:
    return "".join(rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(rng.randint(2, 3)))


def two_persons(rng: Random) -> tuple[tuple[str, str], tuple[str, str]]:
    first = second = person(rng)
    while second == first:
        second = person(rng)
    return first, second


def person(rng: Random) -> tuple[str, str]:
    """A name and its pronoun."""
    kind = rng.choice(["she", "he"])
    return rng.choice(WORDS[kind]), kind.capitalize()


def thing(rng: Random) -> str:
    return rng.choice(WORDS["objects"])["one"]


def animal(rng: Random) -> str:
    return rng.choice(WORDS["animals"])


def city(rng: Random) -> str:
    return rng.choice(WORDS["cities"])


def colour(rng: Random) -> str:
    return rng.choice(WORDS["colours"])


def place(rng: Random) -> str:
    return rng.choice(WORDS["places"])


FAMILIES: list[tuple[Callable[[Random], str], int]] = [
    (equations, 20), (facts_in_words, 10), (counting, 3), (story, 22), (groups, 12), (money, 6),
    (tale, 8), (json_record, 4), (table, 10), (copy, 8), (look_up, 7), (log, 9),
]
