/** A way to live on after the end. Every sandbox has to end all of them. */
export interface Escape {
  readonly name: string
  /**
   * Run by sh in the workspace, after `escapePrelude`. It leaves something behind that goes on, and says `up $id` once
   * it is there, or `cannot $id: why` where the machine does not let it.
   */
  readonly script: string
  /** It would take the machine along where nothing holds the number of processes. */
  readonly needsPidsLimit?: true
}

/** Variable in the environment of all that an escape starts, unless it takes it away. */
export const escapeMark = 'PTB_ESCAPE_MARK'
/** In the workspace; whatever descends from the escape keeps it locked, however it calls itself. */
export const escapeLock = 'escape.lock'

const python = (body: string): string => `python3 - <<'PY' &\nfrom escape import *\n${body.trim()}\nPY`

/**
 * `./beat ID` and, for Python, `beat()` write to final_model/ five times a second and never end by themselves.
 * `touch_weights` changes bytes of the weights in place, as does an open file or a mapping.
 */
export const escapePrelude = `
exec 9>> ${escapeLock}; flock -s 9
mkdir -p final_model
cat > beat <<'SH'
#!/bin/sh
n=0
while :; do n=$((n+1)); echo $n > "final_model/beat-$1"; sleep 0.2; done
SH
chmod +x beat
cat > escape.py <<'PY'
import ctypes, mmap, os, signal, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
arm = os.uname().machine == 'aarch64'
id = os.environ['id']
weights = 'final_model/model.safetensors'
def say(text): os.write(1, (text + '\\n').encode()) # in one piece, as others write too
def up(): say('up ' + id)
def cannot(why): say('cannot ' + id + ': ' + why); os._exit(0)
def once():
    try:
        with open('final_model/beat-' + id, 'w') as file: file.write(str(time.time_ns()))
    except OSError: pass
    time.sleep(0.2)
def beat():
    while True: once()
def ignore(*signals):
    for each in signals: signal.signal(each, signal.SIG_IGN)
PY
`

/** Weights for the writers to write into: eight bytes of length, the header, and sixteen bytes that they may change. */
export const weightsOffset = 72

export const escapes: readonly Escape[] = [
  { name: 'a daemon by double fork', script: '( ( ./beat $id & ) & ); echo up $id' },
  { name: 'a session of its own', script: 'setsid ./beat $id & echo up $id' },
  { name: 'nohup', script: 'nohup ./beat $id > /dev/null 2>&1 & echo up $id' },
  {
    name: 'a process that ignores every signal it may',
    script: "( trap '' TERM INT HUP QUIT USR1 USR2 PIPE ALRM; exec ./beat $id ) & echo up $id",
  },
  {
    name: 'a process that blocks every signal it may',
    script: python(`
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
up(); beat()`),
  },
  {
    name: 'a pair whose members start each other again',
    script: python(`
ignore(signal.SIGTERM)
said = False
while True:
    me = os.getpid()
    child = os.fork()
    if child == 0:
        while os.getppid() == me: once()
        continue
    if not said: up(); said = True
    while os.waitpid(child, os.WNOHANG) == (0, 0): time.sleep(0.02)`),
  },
  {
    name: 'a process that answers TERM with four more',
    script: python(`
def more(*_):
    for _ in range(4):
        if os.fork() == 0: ignore(signal.SIGTERM); beat()
signal.signal(signal.SIGTERM, more)
up(); beat()`),
  },
  {
    name: 'a fork bomb',
    needsPidsLimit: true,
    script: python(`
up()
while True:
    try: os.fork()
    except OSError: once(); time.sleep(1)`),
  },
  {
    name: 'a process that keeps the output open and writes on',
    script: "( trap '' TERM PIPE; echo up $id; while :; do echo still here; sleep 0.1; done ) &",
  },
  {
    name: 'a process that keeps a file of the submission open and writes on',
    script: python(`
ignore(signal.SIGTERM)
file = os.open(weights, os.O_RDWR)
up()
while True: os.pwrite(file, os.urandom(4), ${weightsOffset}); time.sleep(0.05)`),
  },
  {
    name: 'a process that has a file of the submission in its memory and writes on',
    script: python(`
ignore(signal.SIGTERM)
file = open(weights, 'r+b')
memory = mmap.mmap(file.fileno(), 0)
file.close()
up()
while True: memory[${weightsOffset} + 4:${weightsOffset} + 8] = os.urandom(4); time.sleep(0.05)`),
  },
  {
    name: 'a loop like cron',
    script:
      'setsid sh -c \'trap "" TERM; while sleep 0.2; do (date +%s%N > final_model/beat-$id &); done\' & echo up $id',
  },
  {
    name: 'a sleeper that wakes after the end, as from at',
    script: python(`
if os.fork(): up(); os._exit(0)
os.setsid()
ignore(signal.SIGTERM, signal.SIGHUP)
if os.fork(): os._exit(0)
end = time.monotonic() + 8
while time.monotonic() < end: time.sleep(0.5)
beat()`),
  },
  {
    name: 'a child stopped by SIGSTOP',
    script: './beat $id & kill -STOP $!; echo up $id',
  },
  {
    name: 'a child stopped by ptrace, whose tracer never looks',
    script: python(`
child = os.fork()
if child == 0:
    libc.ptrace(0, 0, None, None)
    os.kill(os.getpid(), signal.SIGSTOP)
    beat()
os.waitpid(child, os.WUNTRACED)
ignore(signal.SIGTERM)
up(); beat()`),
  },
  {
    name: 'a child that ptrace stops at its exit',
    script: python(`
child = os.fork()
if child == 0:
    libc.ptrace(0, 0, None, None)
    os.kill(os.getpid(), signal.SIGSTOP)
    os._exit(0)
os.waitpid(child, 0)
if libc.ptrace(0x4200, child, None, ctypes.c_void_p(0x40)) != 0: cannot('ptrace refuses options')
libc.ptrace(7, child, None, None)
os.waitpid(child, 0)
ignore(signal.SIGTERM)
up(); beat()`),
  },
  {
    name: 'a child that traces its parent',
    script: python(`
parent = os.getpid()
if os.fork() == 0:
    if libc.ptrace(16, parent, None, None) != 0: cannot('ptrace may not attach')
    ignore(signal.SIGTERM)
    up(); beat()
while True: time.sleep(1)`),
  },
  {
    name: 'a parent that waits uninterruptibly, as after vfork',
    script: python(`
# clone(CLONE_VFORK | SIGCHLD): the parent sleeps in state D until its child ends or executes something.
parent = os.getpid()
child = libc.syscall(220 if arm else 56, 0x4000 | 17, 0, 0, 0, 0)
if child == 0:
    ignore(signal.SIGTERM)
    for _ in range(50):
        if open('/proc/%d/stat' % parent).read().rsplit(')', 1)[1].split()[0] == 'D': break
        time.sleep(0.1)
    else: cannot('the parent does not sleep uninterruptibly')
    up(); beat()`),
  },
  {
    name: 'a process whose first thread has ended',
    script: python(`
# It is shown as a zombie, without memory or environment, while another thread goes on.
ignore(signal.SIGTERM)
threading.Thread(target=beat).start()
up()
libc.syscall(93 if arm else 60, 0)`),
  },
  {
    name: 'a parent of zombies',
    script: python(`
ignore(signal.SIGTERM)
for _ in range(16):
    if os.fork() == 0: os._exit(0)
up(); beat()`),
  },
  {
    name: 'a process without its environment and under another name',
    script: python(`
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
up()
loop = 'trap "" TERM; while :; do date +%s%N > final_model/beat-' + id + '; sleep 0.2; done'
os.execve('/bin/sh', ['[kworker/0:0]', '-c', loop], {'PATH': '/usr/bin:/bin'})`),
  },
  {
    name: 'a reaper that takes in orphans',
    script: python(`
ignore(signal.SIGTERM)
libc.prctl(36, 1, 0, 0, 0)
if os.fork() == 0:
    if os.fork() == 0: os.setsid(); beat()
    os._exit(0)
up(); beat()`),
  },
  {
    name: 'a terminal of its own',
    script: python(`
import pty
child, terminal = pty.fork()
if child == 0: ignore(signal.SIGTERM, signal.SIGHUP); beat()
ignore(signal.SIGTERM)
up()
while True: once()`),
  },
  {
    name: 'a process that runs only when nothing else does',
    script: python(`
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
ignore(signal.SIGTERM)
up(); beat()`),
  },
  {
    name: 'a pid namespace nested in its own',
    script: `
unshare --user --map-root-user --pid --fork sh -c 'trap "" TERM; echo up $id; ./beat $id & ( ( ./beat $id & ) & ); wait' 2> /dev/null ||
  echo "cannot $id: no further user namespace can be made" &`,
  },
  {
    name: 'another control group',
    script: `
( for file in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do echo 0 > $file && moved=1; done 2> /dev/null
if [ -n "$moved" ]; then trap '' TERM; echo up $id; exec setsid ./beat $id; fi
echo "cannot $id: no other control group may be entered" ) &`,
  },
]

/** Those that leave something to the others. */
export const escapesTogether = escapes.filter(({ needsPidsLimit }) => needsPidsLimit !== true)

/** One escape, or several at once, whose ids are their places in the list. */
export function renderEscapes(chosen: readonly Escape[]): string {
  const parts = chosen.map(
    ({ script }) => `id=${escapes.findIndex((one) => one.script === script)}; export id\n${script}\n`,
  )
  return `${escapePrelude}\n${parts.join('\n')}`
}

/** What has been said about each escape so far: null when it is in place, or why it cannot be. */
export function readReplies(output: string): Map<Escape, string | null> {
  const replies = new Map<Escape, string | null>()
  for (const [, word, id, why] of output.matchAll(/\b(up|cannot) (\d+)(?:: (.*))?$/gm)) {
    const escape = escapes[Number(id)]
    if (escape !== undefined) replies.set(escape, word === 'up' ? null : (why ?? ''))
  }
  return replies
}
