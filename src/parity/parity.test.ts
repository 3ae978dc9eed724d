import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sharedPath, whyNoShared } from '../../test/fixtures/shared.ts'
import { findDifference } from './compare.ts'
import { runParity } from './run-parity.ts'

/** Two of HumanEval's programs run into their limit of 30 s, side by side. */
const timeoutMs = 300_000

test('every vector of the published scorers passes', { timeout: timeoutMs }, async (context) => {
  const vectors = sharedPath('parity')
  const dataFolder = sharedPath('data')
  if (vectors === null || dataFolder === null) return context.skip(whyNoShared('parity/ and data/'))
  const reports = await runParity({ folder: vectors, dataFolder, python: 'python3' })
  expect(reports.length).toBe((await readdir(vectors)).filter((name) => /\.jsonl?$/.test(name)).length)
  expect(reports.flatMap(({ failures }) => failures)).toEqual([])
})

describe('a folder of vectors', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ptb-parity-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('rows are known by op, by file or by id; others fail', async () => {
    const number = { target: '18', output: 'ANSWER: 18' }
    const right = { value: 'C', score: 1, answer: '18' }
    await write('a.jsonl', [
      { id: 'x', input: { op: 'parse_label', judgment: '[[A>B]]' }, expected: { label: 'A>B' } },
      { id: 'gsm8k-001-plain', input: number, expected: right },
      { id: 'gsm8k-002-wrong', input: number, expected: { ...right, answer: '19' } },
      { id: 'y', input: { op: 'none_such' }, expected: {} },
      { id: 'gsm8k-003-odd', input: { target: 18 }, expected: {} },
    ])
    await writeFile(
      join(folder, 'gsm8k.jsonl'),
      `${JSON.stringify({ id: 'z', input: number, expected: right })}\n{`,
    )
    await writeFile(join(folder, 'empty.jsonl'), '')
    const reports = await runParity({ folder, dataFolder: folder, python: 'python3' })
    expect(
      reports.map(({ file, passed, failures }) => [
        file,
        passed,
        failures.map(({ id, where }) => [id, where]),
      ]),
    ).toEqual([
      [
        'a.jsonl',
        2,
        [
          ['gsm8k-002-wrong', '.answer'],
          ['y', 'nobody knows vectors of this kind'],
          ['gsm8k-003-odd', expect.stringMatching(/^not checked: /)],
        ],
      ],
      ['empty.jsonl', 0, [['empty', 'there is no vector in it']]],
      ['gsm8k.jsonl', 1, [['line 2', 'no JSON object']]],
    ])
  })

  test('the command ends with 1 where a vector fails, and says where there are none', async () => {
    const failing = await runCommand([folder, '--show', '1'])
    expect(failing.code).toBe(1)
    expect(failing.output).toMatch(/^a\.jsonl +2 +3 +5 /m)
    expect(failing.output).toContain('gsm8k-002-wrong  .answer')
    const missing = await runCommand([join(folder, 'missing')])
    expect(missing.code).toBe(2)
    expect(missing.output).toContain('there are no parity vectors at')
  })

  async function write(name: string, rows: readonly unknown[]): Promise<void> {
    await writeFile(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  }
})

function runCommand(args: readonly string[]): Promise<{ code: unknown; output: string }> {
  const { promise, resolve: done } = Promise.withResolvers<{ code: unknown; output: string }>()
  execFile(process.execPath, [join(import.meta.dirname, 'run.ts'), ...args], (error, stdout, stderr) =>
    done({ code: error?.code ?? 0, output: stdout + stderr }),
  )
  return promise
}

test.each([
  ['a number', 1n, 1, null],
  ['another number', [1n, 2n], [1, 3], '[1]'],
  ['a number within the tolerance', 1, 1.05, null],
  ['NaN', new Map([['$float', 'nan']]), NaN, null],
  ['infinity', new Map([['$float', '-inf']]), -Infinity, null],
  ['a boolean for a number', 1n, true, ''],
  ['a missing key', new Map([['a', null]]), {}, '.a'],
  ['a key more', new Map(), { a: 1 }, null],
  ['an ignored key', new Map([['skip', 1n]]), { skip: 2 }, null],
  ['a longer list', [], [1], ''],
] as const)('comparing %s', (_, expected, got, where) => {
  expect(findDifference(expected, got, { ignored: ['skip'], tolerance: 0.1 })).toBe(where)
})
