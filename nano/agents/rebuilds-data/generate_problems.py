"""Writes COUNT word problems in the style of the training data, as training rows: `generate_problems.py COUNT`."""

import json
import random
import sys

rng = random.Random(0)
WOMEN = ["Lily", "Mia", "Nora", "Ruby", "Sara", "Tess", "Vera", "Wendy", "Zoe", "Anna"]
MEN = ["Noah", "Otis", "Leo", "Ben", "Hugo", "Finn", "Max", "Paul", "Sam", "Theo"]
THINGS = ["apple", "button", "book", "pencil", "shell", "stone", "card", "cake", "stamp", "marble", "key", "nut"]
CONTAINERS = ["bags", "boxes", "baskets", "jars", "trays", "shelves"]
GAINS = ["finds", "buys", "gets", "picks", "wins", "earns"]
LOSSES = ["loses", "sells", "gives away", "drops", "eats", "uses"]


def calculate(a: int, sign: str, b: int) -> tuple[int, str]:
    result = {"+": a + b, "-": a - b, "*": a * b, "/": a // b}[sign]
    return result, f"{a} {sign} {b} = {result}."


def change(have: int) -> tuple[str, int, str]:
    if have > 5 and rng.random() < 0.5:
        lost = rng.randint(2, min(40, have - 1))
        return f"{rng.choice(LOSSES)} {lost} of them", *calculate(have, "-", lost)
    won = rng.randint(2, 30)
    return f"{rng.choice(GAINS)} {won} more", *calculate(have, "+", won)


def changes() -> tuple[str, list[str]]:
    name, things, have = rng.choice(WOMEN + MEN), rng.choice(THINGS) + "s", rng.randint(5, 60)
    pronoun = "She" if name in WOMEN else "He"
    text, steps = f"{name} has {have} {things}.", []
    if rng.random() < 0.4:
        groups, each = rng.randint(2, 9), rng.randint(2, 9)
        have, step = calculate(groups, "*", each)
        text, steps = f"{name} has {groups} {rng.choice(CONTAINERS)}. Each holds {each} {things}.", [step]
    for start in [f" {pronoun} ", f". Then {name} ", " and "][: rng.randint(1, 3 - len(steps))]:
        what, have, step = change(have)
        text += start + what
        steps.append(step)
    return f"{text}. How many {things} does {name} have now?", steps


def comparison() -> tuple[str, list[str]]:
    a, b = rng.sample(WOMEN + MEN, 2)
    things, have, more = rng.choice(THINGS) + "s", rng.randint(2, 28), rng.randint(2, 28)
    result, step = calculate(have, "+", more)
    text = f"{a} has {have} {things}. {b} has {more} more than {a}."
    if rng.random() < 0.5:
        return f"{text} How many {things} does {b} have?", [step]
    return f"{text} How many {things} do they have together?", [step, calculate(have, "+", result)[1]]


def shop() -> tuple[str, list[str]]:
    name, thing, count, price = rng.choice(WOMEN + MEN), rng.choice(THINGS), rng.randint(2, 9), rng.randint(2, 9)
    cost, step = calculate(count, "*", price)
    text = f"One {thing} costs {price} coins. {name} buys {count} {thing}s"
    if rng.random() < 0.5 or cost > 40:
        return f"{text}. How many coins does {name} pay?", [step]
    paid = rng.randint(cost + 1, 99)
    return f"{text} with {paid} coins. How many coins does {name} have left?", [step, calculate(paid, "-", cost)[1]]


def share() -> tuple[str, list[str]]:
    name, things, friends, each = rng.choice(WOMEN + MEN), rng.choice(THINGS) + "s", rng.randint(2, 9), rng.randint(1, 9)
    text = f"{name} shares {friends * each} {things} equally among {friends} friends."
    return f"{text} How many {things} does each friend get?", [calculate(friends * each, "/", friends)[1]]


for _ in range(int(sys.argv[1])):
    question, steps = rng.choice([changes, changes, comparison, shop, share])()
    answer = steps[-1].rstrip(".").split(" = ")[1]
    prompt = f"{question}\nEnd with ANSWER: and the number."
    row = {"messages": [{"role": "user", "content": prompt}], "completion": f"{' '.join(steps)}\nANSWER: {answer}"}
    print(json.dumps(row))
