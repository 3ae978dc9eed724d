import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { createTestPrograms, noPython } from '../../../test/programs/rig.ts'
import { subjects } from '../../../test/sandboxes/subjects.ts'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const timeoutMs = 20_000

for (const { title, sandbox, probe } of await subjects())
  describe.skipIf(!probe.available || noPython !== null)(`programs in ${title}`, { concurrent: true }, () => {
    const { flags } = probe
    const programs = createTestPrograms({ sandbox, flags }, { limits: { memoryMiB: 256 } })
    afterAll(() => programs[Symbol.asyncDispose]())

    const run = async (source: string, limitMs = timeoutMs) => {
      const { stdout, stderr, ...rest } = await programs.run({ source, timeoutMs: limitMs })
      return { ...rest, stdout: text(stdout), stderr: text(stderr) }
    }
    const check = (source: string, tests: string) =>
      programs.check({ source, entryPoint: 'f', tests, timeoutMs })

    test('a program gets an empty input and an empty folder, and its output and exit code come back', async () => {
      const source =
        'import os, sys\nprint(repr(sys.stdin.read()), os.listdir("."))\nprint("é", file=sys.stderr)\nsys.exit(7)'
      expect(await run(source)).toEqual({
        exitCode: 7,
        exceeded: null,
        unscorable: null,
        stdout: "'' []\n",
        stderr: 'é\n',
      })
    })

    test('its environment holds nothing of the harness', async () => {
      process.env['PTB_TEST_SECRET'] = 'secret'
      const { stdout } = await run('import os\nprint(" ".join(sorted(os.environ)))')
      delete process.env['PTB_TEST_SECRET']
      const known = ['LANG', 'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'PATH', 'PTB_SANDBOX', 'PWD']
      expect([...known, 'PYTHONHASHSEED', 'SHLVL', '_']).toEqual(
        expect.arrayContaining(stdout.trim().split(' ')),
      )
    })

    test('of open files it gets its input and output alone', async () => {
      const source =
        'import os\nopen_files = {f: os.readlink(f"/proc/self/fd/{f}") for f in os.listdir("/proc/self/fd") if int(f) > 2 and os.path.exists(f"/proc/self/fd/{f}")}\nprint({v for v in open_files.values() if v != "/dev/null"})'
      expect((await run(source)).stdout).toBe('set()\n')
    })

    test('it has no network', async (context) => {
      if (!flags.isolatesNetwork) return context.skip(`${title} promises none`)
      const source =
        'import socket\ntry: socket.create_connection(("127.0.0.1", 1), 1)\nexcept OSError as e: print(e)\nprint(len(socket.if_nameindex()))'
      expect((await run(source)).stdout).toMatch(/\n1\n$/)
    })

    test('it is nobody special', async (context) => {
      if (process.getuid?.() !== 0) return context.skip('the harness is not root')
      const source =
        'import os, re\nstatus = open("/proc/self/status").read()\nprint(os.getuid(), os.getgroups(), re.findall(r"(?:CapEff|NoNewPrivs):\\s+(\\d+)", status))'
      expect((await run(source)).stdout).toMatch(/^61234 \[\] \['0+', '1'\]\n$/)
    })

    test('its folder is the only one that it can write to', async (context) => {
      if (!flags.isolatesFiles) return context.skip(`${title} shows the machine's files`)
      const source = `
import os
open("mine", "w").write("x")
for folder, _, _ in os.walk("/"):
    if folder.startswith(("/proc", "/sys")): continue
    try:
        open(os.path.join(folder, "probe"), "w").close()
        print(folder)
    except OSError: pass`
      expect((await run(source)).stdout).toBe('/dev/shm\n')
    })

    test('it cannot fill the machine with files', async () => {
      const { stderr, exitCode } = await run('f = open("x", "wb")\nwhile True: f.write(bytes(2**20))')
      expect(exitCode).toBe(1)
      expect(stderr).toMatch(/File too large|No space left/)
    })

    test('its folder in memory is bounded as a whole', async (context) => {
      if (!flags.limits.includes('shmGiB')) return context.skip(`${title} has it on disk`)
      const source = 'for i in range(100): open(str(i), "wb").write(bytes(2**20))'
      expect((await run(source)).stderr).toContain('No space left')
    })

    test('it ends at its time limit, whatever it ignores', async () => {
      const source =
        'import signal\nfor n in range(1, 65):\n  try: signal.signal(n, signal.SIG_IGN)\n  except OSError: pass\nprint("on", flush=True)\nwhile True: pass'
      expect(await run(source, 1500)).toMatchObject({ exitCode: null, exceeded: 'time', stdout: 'on\n' })
    })

    test('it cannot take more memory than its own', async () => {
      const { exitCode, exceeded, stderr } = await run(
        'x = bytearray(2**30)\nfor i in range(0, 2**30, 4096): x[i] = 1',
      )
      // Ended by the control group, or told by the kernel that there is no more.
      const refused = stderr.includes('MemoryError') ? { exitCode: 1, exceeded: null } : null
      expect({ exitCode, exceeded }).toEqual(refused ?? { exitCode: null, exceeded: 'memory' })
    })

    test('more output than 10 MiB ends it, and is no case for the published system', async () => {
      const { stdout, ...result } = await run('while True: print("x" * 1000)')
      expect(result).toMatchObject({
        exitCode: null,
        exceeded: 'output',
        unscorable: 'its output exceeds 10 MiB',
      })
      expect(stdout).toHaveLength(10 * 2 ** 20)
    })

    test('what it leaves behind is dead when it has ended', async () => {
      const mark = `left-behind-${Math.random()}`
      const source = `
import os, sys, time
if os.fork() == 0:
    os.setsid()
    for descriptor in range(3): os.close(descriptor)
    if os.fork() == 0:
        time.sleep(1000)  # ${mark}
    time.sleep(1000)
os._exit(0)`
      expect(await run(source)).toMatchObject({ exitCode: 0 })
      expect(commandLines().filter((line) => line.includes(mark))).toEqual([])
    })

    test('a program that a signal ended says which', async () => {
      expect(await run('import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)')).toMatchObject({
        exitCode: 139,
        exceeded: null,
      })
    })

    test('what the published system cannot run is said, and not run', async () => {
      expect(await run('x = 1\0')).toMatchObject({ exitCode: null, unscorable: 'the program contains a NUL' })
      expect(await run('"\ud800"')).toMatchObject({ unscorable: expect.stringContaining('surrogate') })
      const long = '#'.repeat(131_071)
      expect(await run(long)).toMatchObject({ exitCode: 0, unscorable: null })
      expect(await run(`${long}#`)).toMatchObject({
        exitCode: null,
        unscorable: expect.stringContaining('131072 bytes'),
      })
      const binary = await run('import sys\nsys.stdout.buffer.write(b"\\xff")')
      expect(binary).toMatchObject({ exitCode: 0, unscorable: 'its output is not UTF-8' })
    })

    test('values of every kind come through a call as they are', async () => {
      const values = `[None, True, 0, -1, 2**63, -2**5000, 0.1, -0.0, float("inf"), 1e300, 2j, "", "ä\\n\\0\\ud800",
b"\\0\\xff", [], [1, [2]], (1,), {1, "a"}, frozenset([(1, 2)]), {"a": [1], (1, 2): {3}}, {1: {2: {}}}]`
      const tests = `
for value in ${values}:
    back = candidate(value)
    assert repr(back) == repr(value) and type(back) is type(value), value
assert candidate(float("nan")) != candidate(float("nan"))
assert candidate(value=3) == 3`
      expect(await check('def f(value): return value', tests)).toEqual({
        passed: true,
        why: 'all tests passed',
      })
    })

    test('subclasses arrive as the plain values that they are equal to', async () => {
      const source = `
import collections, enum
def f(which):
    return [collections.Counter("aab"), collections.namedtuple("P", "x y")(1, 2), enum.IntEnum("E", "a")(1), True][which]`
      const tests = `
assert [candidate(i) for i in range(4)] == [{"a": 2, "b": 1}, (1, 2), 1, True]
assert [type(candidate(i)).__name__ for i in range(4)] == ["dict", "tuple", "int", "bool"]`
      expect(await check(source, tests)).toMatchObject({ passed: true })
    })

    test('an exception arrives as one of its type, and ends the tests where they do not expect it', async () => {
      const source = 'def f(x):\n    raise {1: ValueError, 2: SystemExit}[x]("no")'
      const tests = `
try: candidate(1)
except ValueError as error: assert str(error) == "no"
else: assert False
try: candidate(2)
except Exception as error: assert str(error) == "SystemExit: no"
candidate(1)`
      expect(await check(source, tests)).toEqual({ passed: false, why: 'ValueError: no (candidate(1))' })
    })

    test('why a check failed is said', async () => {
      const why = async (source: string, tests = 'assert candidate(1) == 2'): Promise<string> =>
        (await check(source, tests)).why
      expect(await why('def f(x): return 3')).toBe('AssertionError: assert candidate(1) == 2')
      expect(await why('def f(x')).toContain('SyntaxError')
      expect(await why('def g(x): pass')).toContain('it defines no f')
      expect(await why('def f(x): return object()')).toContain('a object is no plain value')
      expect(await why('import os\ndef f(x): os._exit(3)')).toBe(
        'the answer ended with exit code 3 instead of answering a call',
      )
      expect(await why('def f(x): return "\\x1b[2J"', 'raise ValueError(candidate(1))')).not.toContain(
        '\u001b',
      )
    })

    test('tests that pass on what cannot be sent are an error, not an answer that fails', async () => {
      await expect(check('def f(x): return x', 'candidate(lambda: 0)')).rejects.toThrow(
        'a function is no plain value',
      )
    })
  })

function commandLines(): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8')] : []
    } catch {
      return [] // gone meanwhile
    }
  })
}
