import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { syntheticExperiment } from '../../test/fixtures/synthetic-experiment.ts'
import { writeExperiment } from '../../test/fixtures/write-experiment.ts'
import { runCommand, type CommandResult } from '../lib/process.ts'
import { openJournal } from '../run/journal.ts'

const program = fileURLToPath(new URL('../../bin/ptb.mjs', import.meta.url))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The real program, in an empty folder and with nothing of the caller's environment. */
function ptb(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
  return runCommand([process.execPath, program, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), ...env },
    timeoutMs: 30_000,
  })
}

const commands =
  'demo init new check plan run status watch logs triage cancel resume baseline evaluate leaderboard compare score report import verdict cache gc merge schema doctor setup completion'.split(
    ' ',
  )

describe('help', () => {
  it('lists every command, and none of the internal ones', async () => {
    const { stdout, code } = await ptb(['--help'])
    const listed = /COMMANDS\n(?<list>[\s\S]*)$/.exec(stdout)?.groups?.['list'] ?? ''
    expect(listed.match(/^ {2}\w+/gm)?.map((line) => line.trim())).toEqual(commands)
    expect(code).toBe(0)
  })

  it.each(commands)('of %s has an example that starts with it', async (command) => {
    const { stdout, code } = await ptb([command, '--help'])
    expect(stdout).toMatch(new RegExp(`examples?:\\n  ptb ${command}`))
    expect(code).toBe(0)
  })
})

describe('a wrong command line ends with 2 and helps on', () => {
  it.each([
    [['lan'], 'did you mean `plan`?'],
    [['plan', '--jsn', 'x'], 'did you mean --json?'],
    [['plan'], 'FILE'],
    [['plan', 'a', 'b'], 'Too many arguments'],
    [['logs', 'x', '--attempt', 'two'], 'two'],
    [['verdict', 'x', '--set', 'good', '--reason', 'y'], 'clean|flagged'],
    [['verdict', 'x', '--set', 'clean'], '--reason'],
    [['plan', 'nope.yaml'], 'ptb init'],
    [['status'], 'there are no runs in results'],
    [['triage'], 'there are no runs in results'],
    [['logs', 'x'], 'there is no run "x"'],
    [['cancel', 'x'], 'there is no run "x"'],
    [['leaderboard', 'nope'], 'there are no runs in nope'],
    [['report', 'nope'], 'there are no runs in nope'],
  ])('%j', async (args, message) => {
    const { stdout, stderr, code } = await ptb(args)
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/^error: [\s\S]*\nto fix: .+\n\(\S+\)\n$/)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })
})

describe('colour', () => {
  const escape = '\u001b['
  it.each([
    [{}, false],
    [{ FORCE_COLOR: '1' }, true],
    [{ FORCE_COLOR: '0' }, false],
    [{ NO_COLOR: '1' }, false],
  ])('with %j into a pipe: %s', async (env, coloured) => {
    expect((await ptb(['plan', 'nope.yaml'], env)).stderr.includes(escape)).toBe(coloured)
    expect((await ptb(['--help'], env)).stdout.includes(escape)).toBe(coloured)
  })
})

describe('init', () => {
  it('writes a file that only lacks its agent, and a schema that knows every key', async () => {
    expect(await ptb(['init', 'new/study.yaml'])).toMatchObject({ code: 0, stderr: '' })
    const planned = await ptb(['plan', 'new/study.yaml'])
    expect(planned.stderr).toContain('the experiment file has a mistake:\n')
    expect(planned.stderr).toContain('there is no folder')
    const schema: unknown = JSON.parse(await readFile(join(folder, 'new', 'experiment.schema.json'), 'utf8'))
    expect(schema).toMatchObject({
      properties: { budget: {}, agents: {}, graceSeconds: {} },
      additionalProperties: false,
    })
  })

  it('overwrites nothing', async () => {
    await ptb(['init', 'kept/experiment.yaml'])
    await writeFile(join(folder, 'kept', 'experiment.yaml'), 'mine')
    expect(await ptb(['init', 'kept/experiment.yaml'])).toMatchObject({ code: 2 })
    expect(await readFile(join(folder, 'kept', 'experiment.yaml'), 'utf8')).toBe('mine')
    await writeFile(join(folder, 'kept', 'experiment.schema.json'), 'mine too')
    expect(await ptb(['init', 'kept/other.yaml'])).toMatchObject({ code: 2 })
    expect((await readdir(join(folder, 'kept'))).sort()).toEqual([
      'experiment.schema.json',
      'experiment.yaml',
    ])
  })
})

describe('an experiment with runs', () => {
  const data = syntheticExperiment([{ agent: 'done' }, { agent: 'half', outcome: null }], [], 'study')
  const [done = '', half = ''] = data.runs.map(({ id }) => id)

  beforeAll(async () => {
    await writeExperiment(join(folder, 'results', 'study'), data)
    await mkdir(join(folder, 'results', 'study', 'runs', 'just-being-made'))
    using journal = await openJournal(join(folder, 'results', 'study', 'runs', done))
    journal.append({ type: 'finished', outcome: { kind: 'scored', reason: 'scored', detail: '' } })
    await writeFile(join(folder, 'study.yaml'), 'name: study\n')
    const attempt = join(folder, 'results', 'study', 'runs', done, 'attempts', '1')
    await mkdir(attempt, { recursive: true })
    await writeFile(
      join(attempt, 'agent.log'),
      '2026-01-05T09:00:00.000Z out \u001b[31mred\u001b]0;title\u0007 \u0008x\n',
    )
  })

  it.each(['results/study', 'study', 'study.yaml'])(
    'is found as %s, and its runs have a status',
    async (name) => {
      const { stdout, code } = await ptb(['status', name, '--json'])
      const runs = z.array(z.object({ id: z.string(), status: z.string() })).parse(JSON.parse(stdout))
      expect(new Map(runs.map(({ id, status }) => [id, status]))).toEqual(
        new Map([
          [done, 'finished'],
          [half, 'orphaned'],
        ]),
      )
      expect(code).toBe(0)
    },
  )

  it('is shown as a table as well', async () => {
    const { stdout } = await ptb(['status'])
    expect(stdout).toMatch(/^run +status +phase/)
    expect(stdout).toContain('1 of 2 finished; 1 without a worker')
  })

  it('prints what its agents wrote without obeying it', async () => {
    const { stdout, code } = await ptb(['logs', done.slice(0, -1)])
    expect(stdout).toBe('2026-01-05T09:00:00.000Z out red ␈x\n')
    expect(code).toBe(0)
  })

  it('knows which attempts there are', async () => {
    const { stderr, code } = await ptb(['logs', done, '--attempt', '7'])
    expect(stderr).toContain('the run has no attempt 7\nto fix: It has 1 to 1.')
    expect(code).toBe(2)
  })

  it('asks back when a name fits several runs', async () => {
    const { stderr, code } = await ptb(['cancel', 'r-'])
    for (const id of [done, half]) expect(stderr).toContain(join('results', 'study', 'runs', id))
    expect(code).toBe(2)
  })

  it('takes no verdict on a run that has not finished', async () => {
    const { stderr, code } = await ptb(['verdict', half, '--set', 'clean', '--reason', 'looked at it'])
    expect(stderr).toContain('(verdict/not_finished)')
    expect(code).toBe(2)
  })

  it('is no error when nobody reads the output to its end', async () => {
    const result = await runCommand(
      ['sh', '-c', '"$0" "$1" status --json | true', process.execPath, program],
      {
        cwd: folder,
      },
    )
    expect(result.stderr).toBe('')
  })
})

describe('setup with a Python that does not do', () => {
  it('says what is missing when it does not run', async () => {
    const { stderr, code } = await ptb(['setup', '--python', join(folder, 'no-python')])
    expect(stderr).toContain('no-python does not run')
    expect(stderr).toContain('(python/broken)')
    expect(code).toBe(3)
  })

  it('says what is missing when torch is', async () => {
    const fake = join(folder, 'fake-python')
    const facts = JSON.stringify({ python: fake, path: folder, key: [] })
    await writeFile(
      fake,
      `#!/bin/sh\ncase "$2" in *generate*) echo "ModuleNotFoundError: No module named 'torch'" >&2; exit 1;; esac\necho '${facts}'\n`,
    )
    await chmod(fake, 0o755)
    const { stderr, code } = await ptb(['setup'], { PTB_PYTHON: fake })
    expect(stderr).toContain("fake-python does not work: ModuleNotFoundError: No module named 'torch'")
    expect(stderr).toContain('torch 2.5 and transformers 5')
    expect(code).toBe(3)
  })

  it('says how to get one when there is none', async () => {
    const { stderr, code } = await ptb(['setup'], { PATH: join(folder, 'no-programs') })
    expect(stderr).toMatch(/no Python 3\.\d+ or newer/)
    expect(stderr).toContain('apt install python3 python3-venv')
    expect(code).toBe(3)
  })
})
