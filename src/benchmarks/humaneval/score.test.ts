import { expect, test } from 'vitest'
import { scoringRulesSchema, type Programs, type ScoringRules } from '../../domain/scoring.ts'
import { runPlain } from './run-plain.ts'
import { scoreHumaneval } from './score.ts'

const item = {
  metadata: {
    task_id: 'T/0',
    prompt: 'def add(x: int, y: int):\n    """Adds."""\n',
    canonical_solution: '    return x + y\n',
    test: 'def check(candidate):\n    assert candidate(1, 2) == 3\n',
    entry_point: 'add',
  },
}

const programs: Programs = {
  run: ({ source, timeoutMs }) => runPlain({ source, python: 'python3', timeoutMs }),
  check: ({ tests }) => Promise.resolve({ passed: tests.endsWith('check(candidate)\n'), why: 'tried' }),
}

function score(
  text: string,
  programResult: ScoringRules['programResult'],
): ReturnType<typeof scoreHumaneval> {
  const rules = scoringRulesSchema.parse({ programResult })
  return scoreHumaneval(item, { text }, { rules, programs })
}

test.each([
  ['    return x + y\n', 1, 1],
  ['<think>?</think>```python\ndef add(x, y):\n    return x + y\n```', 1, 1],
  ['    return x - y\n', 0, 0],
  ['    return 0\nimport sys\nsys.exit(0)\n', 1, 0],
  ['    import os\n    os.kill(os.getpid(), 9)\n', 0, 0],
  ['    return x + y\nimport subprocess\nsubprocess.Popen(["sleep", "60"])\n', 1, 1],
])('%j scores %d by its exit code, %d by a word after the tests', async (text, byCode, byNonce) => {
  const scores = await Promise.all([score(text, 'exit_code'), score(text, 'nonce')])
  expect(scores.map(({ value }) => value)).toEqual([byCode, byNonce])
})

test.each([
  ['a NUL', '    return x + y\n# \0'],
  ['a program that is too long', `    return x + y\n#${'x'.repeat(131_072)}`],
  ['output that is no UTF-8', '    return x + y\nimport sys\nsys.stdout.buffer.write(b"\\xff")\n'],
  ['too much output', '    return x + y\nprint("x" * 11_000_000)\n'],
])('%s is an error', async (_, text) => {
  expect(await score(text, 'exit_code')).toMatchObject({ value: 0, error: expect.any(String) })
})

test('a program that goes on for ever is ended, also one that will not hear of it', async () => {
  const source = 'import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass\n'
  expect(await runPlain({ source, python: 'python3', timeoutMs: 500 })).toMatchObject({
    exitCode: null,
    exceeded: 'time',
    unscorable: null,
  })
})

test('plain values are left to a checker that runs the tests apart', async () => {
  expect(await score('    return x + y\n', 'values')).toMatchObject({ value: 1, explanation: 'tried' })
})
