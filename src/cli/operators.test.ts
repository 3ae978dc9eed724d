import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { syntheticExperiment, usualBaselines } from '../../test/fixtures/synthetic-experiment.ts'
import { writeExperiment } from '../../test/fixtures/write-experiment.ts'
import { runCommand, type CommandResult } from '../lib/process.ts'
import { renderCompletionScript } from './completion-scripts.ts'

const program = fileURLToPath(new URL('../../bin/ptb.mjs', import.meta.url))
const fakeTerminal = fileURLToPath(new URL('../../test/fakes/terminal.py', import.meta.url))

/** Two experiments under a protocol of the catalogue, so that the commands find its rules. */
const [study, again] = ['study', 'again'].map((name) => {
  const data = syntheticExperiment(
    [
      { agent: 'strong', benchmark: 'nano-arith', accuracy: 0.9 },
      { agent: 'weak', benchmark: 'nano-arith', accuracy: 0.4 },
      { agent: name === 'study' ? 'only-here' : 'only-there', benchmark: 'nano-arith', outcome: 'no_model' },
    ],
    usualBaselines.map((baseline) => ({ ...baseline, benchmark: 'nano-arith' })),
    name,
  )
  const underNano = <T extends { spec: { protocol: { id: string } } }>(one: T): T => ({
    ...one,
    spec: { ...one.spec, protocol: { ...one.spec.protocol, id: 'nano-v1' } },
  })
  return { ...data, runs: data.runs.map(underNano), baselines: data.baselines.map(underNano) }
})
const strongRun = study?.runs[0]?.id ?? ''
const weakRun = study?.runs[1]?.id ?? ''

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-operators-'))
  for (const data of [study, again])
    if (data !== undefined) await writeExperiment(join(folder, 'results', data.name), data)
  await mkdir(join(folder, 'bin'))
  await writeFile(join(folder, 'bin', 'ptb'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`)
  await chmod(join(folder, 'bin', 'ptb'), 0o755)
  await writeFile(join(folder, 'notes.yaml'), '')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const env = () => ({ PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: folder })

function ptb(...args: readonly string[]): Promise<CommandResult> {
  return runCommand([process.execPath, program, ...args], { cwd: folder, env: env(), timeoutMs: 30_000 })
}

describe('compare', () => {
  it('shows what two agents of one experiment differ by', async () => {
    const { stdout, stderr, code } = await ptb('compare', 'strong@study', 'weak@study')
    expect(stderr).toBe('')
    expect(stdout).toMatch(/nano-arith +1 +0\.900 +0\.400 +\+0\.500 +\[\+0\.\d{3}, \+0\.\d{3}\] +100\.0 %/)
    expect(stdout).toContain('A (strong) scores higher: the interval lies above 0.')
    expect(code).toBe(0)
  })

  it('shows what two experiments differ by, and who is in one of them only', async () => {
    const { stdout } = await ptb('compare', 'study', 'results/again')
    expect(stdout).toMatch(/strong +1 +0\.900 +0\.900 +0\.000/)
    expect(stdout).toContain('Only in A: only-here')
    expect(stdout).toContain('Only in B: only-there')
  })

  it('shows which items only one of two runs got right', async () => {
    const { stdout } = await ptb('compare', strongRun, weakRun, '--json')
    const { items } = z
      .object({ items: z.object({ items: z.number(), difference: z.number() }) })
      .parse(JSON.parse(stdout))
    expect(items).toEqual({ items: 40, difference: expect.closeTo(0.5, 12) })
    expect((await ptb('compare', strongRun, weakRun)).stdout).toContain('exact McNemar test')
  })

  it.each([
    [['strong', 'weak'], 'several experiments have an agent "strong"'],
    [['strong@study', 'study'], 'strong@study is an agent, and study is an experiment'],
    [['nobody', 'strong@study'], 'there is no experiment, agent or run "nobody"'],
    [['nobody@study', 'strong@study'], 'study has no agent "nobody"'],
    [['strong@nowhere', 'strong@study'], 'there is no experiment "nowhere"'],
    [['r-', 'strong@study'], 'could be any of'],
  ])('does not guess what %j means', async (words, message) => {
    const { stdout, stderr, code } = await ptb('compare', ...words)
    expect(stderr).toContain(message)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })
})

describe('leaderboard', () => {
  it('is printed as CSV and as Markdown', async () => {
    const csv = await ptb('leaderboard', 'study', '--csv')
    expect(csv.stdout.split('\r\n')[1]).toMatch(/^agent,1,strong,strong,/)
    expect((await ptb('leaderboard', 'study', '--md')).stdout).toMatch(/^\| 1 \| strong \|/m)
  })

  it('has one format at a time', async () => {
    const { stdout, stderr, code } = await ptb('leaderboard', 'study', '--csv', '--md')
    expect(stderr).toContain('--csv and --md are different formats\nto fix: Choose one of them.')
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 })
  })
})

describe('completion', () => {
  async function propose(...words: readonly string[]): Promise<string[]> {
    const { stdout, stderr, code } = await ptb('__complete', ...words)
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    return stdout.split('\n').flatMap((line) => line.split('\t')[0] || [])
  }

  it.each([
    [['sta'], ['status']],
    [
      ['status', ''],
      ['again', 'study'],
    ],
    [['status', '--re'], ['--results']],
    [['status', '--results', 'res'], [':files']],
    [['status', '--results', 'nowhere', ''], [':files']],
    [['verdict', strongRun, '--set=fl'], ['--set=flagged']],
    [['status', '--results=results', 'st'], ['study']],
    [['logs', strongRun.slice(0, 5)], [strongRun]],
    [['compare', 'str'], ['strong']],
    [
      ['compare', 'strong@study', 'weak@'],
      ['weak@again', 'weak@study'],
    ],
    [
      ['verdict', strongRun, '--set', ''],
      ['clean', 'flagged'],
    ],
    [
      ['completion', ''],
      ['bash', 'fish', 'zsh'],
    ],
    [['plan', ''], [':files']],
    [['status', 'results/'], [':files']],
    [['supervis'], []],
    [['nothing', 'of', 'the', 'kind', '-'], []],
  ])('of %j is %j', async (words, proposals) => {
    expect((await propose(...words)).toSorted()).toEqual(proposals)
  })

  it('knows every flag of a command', async () => {
    expect(await propose('watch', '--')).toEqual(expect.arrayContaining(['--results', '--stay', '--json']))
  })

  it('is loaded by bash, which has the rest typed', async () => {
    /** What is typed, and what Readline writes behind it. */
    const typing = [
      ['ptb compare strong@st', 'study '],
      ['ptb compare again we', 'ak '],
      ['ptb plan no', 'tes.yaml '],
      ['ptb status --results=res', 'ults/'],
      ['ptb verdict x --set=fl', 'agged '],
    ] as const
    const steps = [
      { size: [100, 30] },
      { send: 'PS1="> "; source <(ptb completion bash) && echo loa""ded\n' },
      { wait: 'loaded' },
      // Ctrl-U: what was typed is not run
      ...typing.flatMap(([typed, rest]) => [{ send: `${typed}\t` }, { wait: rest }, { send: '\u0015' }]),
      { send: 'exit 0\n' },
    ]
    const argv = ['python3', fakeTerminal, JSON.stringify(steps), 'bash', '--norc', '--noprofile', '-i']
    const { stderr, code } = await runCommand(argv, { cwd: folder, env: { ...env(), TERM: 'dumb' } })
    expect(stderr).toBe('')
    expect(code).toBe(0)
  })

  it.for(['zsh', 'fish'] as const)('is a script that %s accepts', async (shell, context) => {
    const found = await runCommand(['sh', '-c', `command -v ${shell}`])
    context.skip(found.code !== 0, `${shell} is not installed`)
    const file = join(folder, `completion.${shell}`)
    await writeFile(file, renderCompletionScript(shell))
    expect(await runCommand([shell, '-n', file])).toMatchObject({ code: 0, stderr: '' })
  })
})
