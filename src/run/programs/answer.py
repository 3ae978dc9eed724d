# Runs a program that a model wrote, then answers calls of one of its functions. Whatever it says may be a lie.
import json
import os
import sys
import types


def main():
    calls, replies = take_channel()
    order = json.loads(calls.readline())
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    try:
        exec(compile(order["source"], "<answer>", "exec", dont_inherit=True), module.__dict__)
        if order["entryPoint"] not in module.__dict__:
            raise NameError(f"it defines no {order['entryPoint']}")
        function = module.__dict__[order["entryPoint"]]
    except BaseException as error:
        return send(replies, "failed " + json.dumps(describe(error)))
    send(replies, "ready")
    for line in calls:
        arguments, keywords = decode(line)
        try:
            reply = "value " + encode(function(*arguments, **keywords))
        except BaseException as error:
            reply = "raised " + json.dumps(describe(error))
        send(replies, reply)


def describe(error):
    try:
        return [type(error).__name__, str(error)[:500]]
    except BaseException:
        return [type(error).__name__, ""]


main()
