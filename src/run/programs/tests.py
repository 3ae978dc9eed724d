# Runs the tests of a data set on a function that lives in another sandbox. Only what is said here decides.
import builtins
import json
import os
import traceback


class CandidateError(Exception):
    pass


def main():
    replies, said = take_channel()
    tests = json.loads(replies.readline())["tests"]

    def end(word, text=""):
        send(said, word + " " + json.dumps(text[:2000]))
        os._exit(0)

    def candidate(*arguments, **keywords):
        try:
            call = encode([list(arguments), keywords])
        except Unsendable as error:
            end("unfit", f"the tests call it with what cannot be passed on: {error}")
        send(said, "call " + call)
        word, _, body = replies.readline().partition(b" ")
        try:
            if word == b"value":
                return decode(body)
            if word != b"raised":
                raise ValueError("it is neither a value nor an exception")
            name, message = json.loads(body)
            error = exception(name, message)
        except BaseException as problem:
            end("failed", f"the answer's reply is malformed: {type(problem).__name__}: {problem}")
        raise error

    try:
        exec(
            compile(tests, "<tests>", "exec", dont_inherit=True),
            {"__name__": "__main__", "candidate": candidate},
        )
    except BaseException as error:
        end("failed", explain(error, tests))
    end("passed")


# Those that mean something to Python itself lose that meaning.
def exception(name, message):
    kind = getattr(builtins, name, None)
    special = (StopIteration, StopAsyncIteration)
    if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, special):
        try:
            return kind(message)
        except TypeError:
            pass  # it takes more than a message
    return CandidateError(f"{name}: {message}")


def explain(error, tests):
    lines = tests.split("\n")
    where = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<tests>"]
    line = lines[where[-1] - 1].strip() if where and where[-1] <= len(lines) else ""
    return f"{type(error).__name__}: {error} ({line})" if str(error) else f"{type(error).__name__}: {line}"


main()
