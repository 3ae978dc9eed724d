/** What an answer does to pass without being right, where it is to add two numbers. */
export interface ForgedAnswer {
  readonly how: string
  readonly source: string
  /** Other tests than the usual ones. */
  readonly tests?: string
  /** Protocols under which it passes; it passes in none of them where the tests run apart. */
  readonly fools: readonly ('exit_code' | 'nonce')[]
  /** Ends by the time limit. */
  readonly slow?: true
}

export const usualTests = `
def check(candidate):
    assert candidate(2, 3) == 5
    assert candidate(10, -4) == 6
`

const both = ['exit_code', 'nonce'] as const

/** Prints what a nonce looks like wherever it is found in \`text\`, and ends well. */
const tell = `
import os, re, sys
def tell(text):
    for word in re.findall(r"[0-9a-f]{32}", text):
        print(word, flush=True)
    os._exit(0)
`

export const forgedAnswers: readonly ForgedAnswer[] = [
  { how: 'exits while it loads', source: 'import sys\nsys.exit(0)', fools: ['exit_code'] },
  { how: 'ends its process while it loads', source: 'import os\nos._exit(0)', fools: ['exit_code'] },
  {
    how: 'raises SystemExit when called',
    source: 'def add(a, b): raise SystemExit(0)',
    fools: ['exit_code'],
  },
  {
    how: 'ends its process when called',
    source: 'import os\ndef add(a, b): os._exit(0)',
    fools: ['exit_code'],
  },
  {
    how: 'ends the process as its last deed',
    source: 'import atexit, os\natexit.register(os._exit, 0)\ndef add(a, b): return 0',
    fools: ['exit_code'],
  },
  {
    how: 'handles the failing assertion',
    source: 'import os, sys\nsys.excepthook = lambda *_: os._exit(0)\ndef add(a, b): return 0',
    fools: ['exit_code'],
  },
  {
    how: 'ends the process when its value is thrown away',
    source: `
import os
class Value:
    def __del__(self): os._exit(0)
def add(a, b): return Value()`,
    fools: ['exit_code'],
  },
  {
    how: 'raises SystemExit when its value is thrown away',
    source: `
class Value:
    def __del__(self): raise SystemExit(0)
def add(a, b): return Value()`,
    fools: [],
  },
  {
    how: 'exits when its value is compared',
    source: `
import sys
class Value:
    def __eq__(self, other): sys.exit(0)
def add(a, b): return Value()`,
    fools: ['exit_code'],
  },
  {
    how: 'ends the process from a thread',
    source: `
import os, threading, time
def add(a, b):
    threading.Thread(target=lambda: os._exit(0)).start()
    time.sleep(10)`,
    fools: ['exit_code'],
  },
  {
    how: 'leaves a child behind and ends',
    source: `
import os, time
def add(a, b):
    if os.fork(): os._exit(0)
    time.sleep(1000)`,
    fools: ['exit_code'],
  },
  {
    how: 'forks, and both go on',
    source: `
import os
def add(a, b):
    os.fork()
    return 0`,
    fools: [],
  },
  {
    how: 'returns what is equal to everything',
    source: `
class Value:
    def __eq__(self, other): return True
def add(a, b): return Value()`,
    fools: both,
  },
  {
    how: 'returns an int that is equal to everything',
    source: `
class Value(int):
    def __eq__(self, other): return True
def add(a, b): return Value(0)`,
    fools: both,
  },
  {
    how: 'returns what says that it is an int',
    source: `
class Value:
    __class__ = int
    def __eq__(self, other): return True
def add(a, b): return Value()`,
    fools: both,
  },
  {
    how: 'returns what says that it is of NumPy',
    source: `
class Value:
    ndim = 0
    def item(self): return self
    def __eq__(self, other): return True
Value.__module__ = "numpy"
def add(a, b): return Value()`,
    fools: both,
  },
  {
    how: 'returns a list that is equal to everything',
    source: `
class Value(list):
    def __eq__(self, other): return True
def add(a, b): return Value()`,
    fools: both,
  },
  {
    how: 'changes what the tests compute with',
    source: 'import builtins\nbuiltins.abs = lambda x: 0\ndef add(a, b): return 0',
    tests: 'def check(candidate):\n    assert abs(candidate(2, 3) - 5) < 1e-6\n',
    fools: both,
  },
  {
    how: 'changes a module that the tests use',
    source: 'import math\nmath.isclose = lambda *_: True\ndef add(a, b): return 0',
    tests: 'import math\ndef check(candidate):\n    assert math.isclose(candidate(2, 3), 5)\n',
    fools: both,
  },
  {
    how: 'steps over the assertions',
    source: `
import sys
def trace(frame, event, argument):
    first = frame.f_code.co_firstlineno
    if frame.f_code.co_name == "check" and event == "line" and frame.f_lineno == first + 1:
        frame.f_lineno = first + 2
    return trace
sys.settrace(trace)
def add(a, b): return 0`,
    tests: 'def check(candidate):\n    assert candidate(2, 3) == 5\n    return\n',
    fools: both,
  },
  {
    how: 'reads the nonce in its command line',
    source: `${tell}\ntell(open("/proc/self/cmdline").read())`,
    fools: both,
  },
  {
    how: "reads the nonce in the interpreter's arguments",
    source: `${tell}\ndef add(a, b): tell(" ".join(sys.orig_argv))`,
    fools: both,
  },
  {
    how: "reads the nonce in its callers' code",
    source: `${tell}
def add(a, b):
    frame, seen = sys._getframe(), ""
    while frame:
        seen += repr(frame.f_code.co_consts)
        frame = frame.f_back
    tell(seen)`,
    fools: both,
  },
  {
    how: 'reads the expected values in the code of its caller',
    source: `
import sys
values = None
def add(a, b):
    global values
    if values is None:
        constants = sys._getframe(1).f_code.co_consts
        values = iter([constant for constant in constants if constant in (5, 6)])
    return next(values)`,
    fools: both,
  },
  {
    how: 'finds the tests among all objects',
    source: `
import gc, types
values = None
def add(a, b):
    global values
    if values is None:
        found = [o for o in gc.get_objects() if isinstance(o, types.FunctionType) and o.__name__ == "check"]
        values = iter([c for c in found[0].__code__.co_consts if c in (5, 6)])
    return next(values)`,
    fools: both,
  },
  {
    how: 'reads the tests in its command line',
    source: `
import re
values = iter([int(n) for n in re.findall(r"== (\\d+)\\n", open("/proc/self/cmdline").read())])
def add(a, b): return next(values)`,
    fools: both,
  },
  {
    how: 'writes that it passed wherever it can',
    source: `
import os
for descriptor in range(256):
    try: os.write(descriptor, b'passed ""\\n')
    except OSError: pass
def add(a, b): return 0`,
    fools: [],
  },
  {
    how: 'writes that it passed when called, and ends',
    source: `
import os
def add(a, b):
    for descriptor in range(256):
        try: os.write(descriptor, b'passed ""\\n')
        except OSError: pass
    os._exit(0)`,
    fools: ['exit_code'],
  },
  {
    how: 'has what sends its values say that it passed',
    source: `
import sys
frame = sys._getframe()
while frame:
    if "send" in frame.f_globals:
        real = frame.f_globals["send"]
        frame.f_globals["send"] = lambda to, line: real(to, "passed \\"\\"")
    frame = frame.f_back
def add(a, b): return 0`,
    fools: [],
  },
  {
    how: 'has what encodes its values say that it passed',
    source: `
import sys
frame = sys._getframe()
while frame:
    if "encode" in frame.f_globals: frame.f_globals["encode"] = lambda value: "0\\npassed \\"\\""
    frame = frame.f_back
def add(a, b): return 0`,
    fools: [],
  },
  {
    how: 'replies with a value that no decoder may trust',
    source: `
import sys
frame = sys._getframe()
while frame:
    if "encode" in frame.f_globals: frame.f_globals["encode"] = lambda value: '["__import__","os"]'
    frame = frame.f_back
def add(a, b): return 0`,
    fools: [],
  },
  {
    how: 'replies in a format of objects',
    source: `
import os
def add(a, b):
    for descriptor in range(3, 256):
        try: os.write(descriptor, b"value cos\\nsystem\\n(S'exit 0'\\ntR.\\n")
        except OSError: pass
    return 0`,
    fools: [],
  },
  {
    how: 'raises an exception that means something to Python',
    source: 'def add(a, b): raise StopIteration(5)',
    tests: 'def check(candidate):\n    assert all(candidate(x, 3) == 5 for x in [2])\n',
    fools: [],
  },
  {
    how: 'calls an exception of its own SystemExit',
    source: 'class SystemExit(Exception): pass\ndef add(a, b): raise SystemExit(0)',
    fools: [],
  },
  {
    how: 'signals everything that it can see',
    source: `
import os, signal
def add(a, b):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try: os.kill(-1, signal.SIGTERM)
    except OSError: pass
    return 0`,
    fools: [],
  },
  {
    how: 'looks for other processes to write to',
    source: `
import os
for name in os.listdir("/proc"):
    if name.isdigit() and int(name) != os.getpid():
        for descriptor in (0, 1, 2):
            try: open(f"/proc/{name}/fd/{descriptor}", "w").write('passed ""\\n')
            except OSError: pass
def add(a, b): return 0`,
    fools: [],
  },
  {
    how: 'writes over memory that it does not own',
    source: 'import ctypes\ndef add(a, b): ctypes.memset(8, 0, 8)',
    fools: [],
  },
  { how: 'defines nothing', source: 'x = 1', fools: [] },
  { how: 'does not parse', source: 'def add(a, b:', fools: [] },
  {
    how: 'returns values nested without end',
    source: `
def add(a, b):
    value = []
    value.append(value)
    return value`,
    fools: [],
  },
  { how: 'returns a value too large to send', source: 'def add(a, b): return "x" * 2**25', fools: [] },
  { how: 'returns not a number', source: 'def add(a, b): return float("nan")', fools: [] },
  { how: 'takes all memory', source: 'def add(a, b): return [0] * 2**40', fools: [] },
  {
    how: 'takes more memory than there is for it',
    source: 'def add(a, b): return bytearray(2**31)[0]',
    fools: [],
  },
  { how: 'waits for ever', source: 'import time\ndef add(a, b): time.sleep(1000)', fools: [], slow: true },
  { how: 'loads for ever', source: 'while True: pass', fools: [], slow: true },
  {
    how: 'ignores being asked to end',
    source: `
import signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except OSError: pass
while True: pass`,
    fools: [],
    slow: true,
  },
]
