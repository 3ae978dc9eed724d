"""terminal.py STEPS COMMAND…: runs a command in a terminal of its own and plays an operator.

STEPS is JSON: {"size": [columns, rows]}, {"wait": text}, {"send": text}, {"signal": name}, {"append": [file, text]},
{"stopped": true} (waits until it is), in order. What the command wrote, how it ended and whether the terminal's settings
are as before comes out as JSON.
"""

import fcntl, json, os, pty, select, signal, struct, sys, termios, time

steps, argv = json.loads(sys.argv[1]), sys.argv[2:]
master, slave = pty.openpty()
output, since = b"", 0
TIMEOUT_S = 20


def resize(columns, rows):
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def pump(until):
    global output
    deadline = time.monotonic() + TIMEOUT_S
    while not until():
        if time.monotonic() > deadline:
            os.killpg(child, signal.SIGKILL)
            sys.exit("timed out; the terminal showed " + repr(output.decode(errors="replace")))
        if select.select([master], [], [], 0.05)[0]:
            output += os.read(master, 65536)


if steps and "size" in steps[0]:
    resize(*steps.pop(0)["size"])
before = termios.tcgetattr(slave)
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.close(master)
    os.execvp(argv[0], argv)

for step in steps:
    if "wait" in step:
        wanted = step["wait"].encode()
        pump(lambda: wanted in output[since:])
        since = output.index(wanted, since) + len(wanted)
    elif "send" in step:
        os.write(master, step["send"].encode())
    elif "signal" in step:
        os.kill(child, getattr(signal, step["signal"]))
    elif "size" in step:
        resize(*step["size"])
    elif "stopped" in step:
        os.waitpid(child, os.WUNTRACED)
    elif "append" in step:
        with open(step["append"][0], "a") as file:
            file.write(step["append"][1])

status = []


def ended():
    pid, code = os.waitpid(child, os.WNOHANG)
    if pid:
        status.append(code)
    return bool(pid)


pump(ended)
while select.select([master], [], [], 0.1)[0]:
    output += os.read(master, 65536)
json.dump(
    {
        "output": output.decode(errors="replace"),
        "code": os.WEXITSTATUS(status[0]) if os.WIFEXITED(status[0]) else None,
        "signal": signal.Signals(os.WTERMSIG(status[0])).name if os.WIFSIGNALED(status[0]) else None,
        "restored": termios.tcgetattr(slave) == before,
    },
    sys.stdout,
)
