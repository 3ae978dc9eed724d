# Plain values as one line of text, between a process that must not be believed and one that is.
#
# None, bool, str, float and int up to 64 bits are themselves in JSON (with NaN and Infinity as Python writes them). The
# rest is a list whose head says what it is: i (hexadecimal int), c (complex), b (bytes, hexadecimal), l (list), t (tuple),
# s (set), f (frozenset), d (dict, as pairs). Subclasses and NumPy's scalars become the plain value that they are equal to.
import json

MOST_NESTED = 100


class Unsendable(Exception):
    pass


def encode(value):
    return json.dumps(_wrap(value, 0), separators=(",", ":"))


def decode(text):
    return _unwrap(json.loads(text), 0)


def _wrap(value, depth):
    if depth > MOST_NESTED:
        raise Unsendable("a value is nested too deeply")
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        value = value.item()
    if value is None or isinstance(value, (bool, str, float)):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else ["i", format(int(value), "x")]
    if isinstance(value, complex):
        return ["c", value.real, value.imag]
    if isinstance(value, bytes):
        return ["b", value.hex()]
    if isinstance(value, dict):
        return ["d", *([_wrap(key, depth + 1), _wrap(item, depth + 1)] for key, item in value.items())]
    for tag, kind in (("l", list), ("t", tuple), ("s", set), ("f", frozenset)):
        if isinstance(value, kind):
            return [tag, *(_wrap(item, depth + 1) for item in value)]
    raise Unsendable(f"a {type(value).__name__} is no plain value")


def _unwrap(node, depth):
    if depth > MOST_NESTED:
        raise ValueError("nested too deeply")
    if node is None or isinstance(node, (bool, str, float, int)):
        return node
    tag, *parts = node
    if tag == "i":
        return int(parts[0], 16)
    if tag == "c":
        return complex(*parts)
    if tag == "b":
        return bytes.fromhex(parts[0])
    if tag == "d":
        return {_unwrap(key, depth + 1): _unwrap(item, depth + 1) for key, item in parts}
    return {"l": list, "t": tuple, "s": set, "f": frozenset}[tag](_unwrap(part, depth + 1) for part in parts)
