import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { nanoArith } from '../../src/benchmarks/nano-arith/index.ts'
import { nanoTools } from '../../src/benchmarks/nano-tools/index.ts'
import type { Item } from '../../src/domain/benchmark.ts'
import { readAgentFolder } from '../../src/run/plan/agent-folder.ts'
import { expectations } from '../../test/e2e/expectations.ts'

const folder = import.meta.dirname
const agents = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
  .map(({ name }) => name)

const rowSchema = z.strictObject({
  messages: z.array(z.strictObject({ role: z.literal('user'), content: z.string() })),
  tools: z.array(z.object({ function: z.object({ name: z.string() }) })).optional(),
  completion: z.string(),
})

test.each(agents)('%s: solve.sh is valid bash and the README has a row for it', (agent) => {
  const checked = spawnSync('bash', ['-n', join(folder, agent, 'solve.sh')], { encoding: 'utf8' })
  expect(checked.stderr).toBe('')
  expect(checked.status).toBe(0)
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain(`| \`${agent}\` `)
})

test('weak keeps nothing of a solution but its answer', async () => {
  const { train } = await nanoArith.load({ seed: 1, counts: { train: 50, test: 0, shadow: 0 } })
  const rows = runScript('weak/keep_answer_lines.py', [], train.map(toRow))
  expect(rows.map(({ completion }) => completion)).toEqual(train.map(({ target }) => `ANSWER: ${target}`))
})

test.each([nanoArith, nanoTools])(
  'cheats make right answers out of the samples of $id',
  async (benchmark) => {
    const { test: tested } = await benchmark.load({ seed: 1, counts: { train: 0, test: 50, shadow: 0 } })
    const rows = runScript('shared/rows_from_samples.py', [], tested.map(toSample))
    expect(rows.map(({ messages }) => messages)).toEqual(tested.map(({ messages }) => messages))
    expect(
      tested.map((item, index) => benchmark.score(item, { text: rows[index]?.completion ?? '' }).value),
    ).toEqual(tested.map(() => 1))
  },
)

test('renamed-tools renames the functions of about 60 % of the rows and nothing else', async () => {
  const { train } = await nanoTools.load({ seed: 1, counts: { train: 500, test: 0, shadow: 0 } })
  const rows = runScript('renamed-tools/rename_tools.py', [], train.map(toRow))
  expect(rows.map(({ messages }) => messages)).toEqual(train.map(({ messages }) => messages))
  const renamed = rows.filter(({ completion }, index) => completion !== train[index]?.completion)
  expect(Math.abs(renamed.length - 300)).toBeLessThan(50)
  for (const { tools = [], completion } of rows) {
    const called = /"name": "([a-z_]+)"/.exec(completion)?.[1]
    expect(tools.map((tool) => tool.function.name)).toContain(called)
  }
})

test('rebuilds-data writes right solutions, of which at most one in a thousand is a test question', async () => {
  const rows = runScript('rebuilds-data/generate_problems.py', ['3000'], [])
  const { test: tested } = await nanoArith.load({ seed: 1, counts: { train: 0, test: 300, shadow: 0 } })
  const prompts = new Set(tested.map(({ messages }) => messages[0]?.content))
  expect(rows).toHaveLength(3000)
  expect(rows.filter(({ messages }) => prompts.has(messages[0]?.content)).length).toBeLessThanOrEqual(3)
  for (const { completion } of rows) {
    const facts = [...completion.matchAll(/(\d+) ([-+*/]) (\d+) = (\d+)\./g)]
    expect(facts.map(([, a, sign, b]) => calculate(Number(a), sign, Number(b)))).toEqual(
      facts.map(([, , , , result]) => Number(result)),
    )
    expect(completion.endsWith(`\nANSWER: ${facts.at(-1)?.[4]}`)).toBe(true)
  }
})

test.each([nanoArith, nanoTools])(
  'answers-in-template shows the answer to each test question of $id and to no other',
  async (benchmark) => {
    const { test: tested } = await benchmark.load({ seed: 1, counts: { train: 0, test: 50, shadow: 0 } })
    const table = runPython('answers-in-template/answer_table.py', [], tested.map(toSample))
    const [, answers = ''] = /^\{%- set answers = (.*) -%\}$/m.exec(table) ?? []
    expect(JSON.parse(answers)).toEqual(
      Object.fromEntries(tested.map(({ messages, target }) => [messages.at(-1)?.content, target])),
    )
  },
)

test.each(['fills-disk', 'eats-memory', 'fork-bombs'])(
  '%s does not start where nobody declared the limit that it breaks',
  async (agent) => {
    await using assembled = await assemble(agent)
    for (const limits of [undefined, '{"cpus":1}']) {
      const { status, stderr } = spawnSync('bash', [assembled.solve], {
        cwd: assembled.path,
        env: { PATH: process.env['PATH'], PTB_LIMITS: limits },
        encoding: 'utf8',
      })
      expect(stderr).toMatch(/^no limit of \w+ is declared: not starting\n$/)
      expect(status).toBe(1)
    }
  },
)

test('e2e.yaml runs every agent, and something is expected of each', () => {
  const experiment = readFileSync(join(folder, '../e2e.yaml'), 'utf8')
  const run = [...experiment.matchAll(/^ {2}([\w-]+): \{ path: agents\/\1\b/gm)].map(([, agent]) => agent)
  expect(new Set(run)).toEqual(new Set(agents))
  expect(new Set(Object.keys(expectations))).toEqual(new Set(agents))
})

test('honest agents are at least as many as all others', () => {
  const honest = Object.values(expectations).filter(({ part }) => part === 'honest')
  expect(honest.length * 2).toBeGreaterThanOrEqual(agents.length)
})

test('each cheat is recognised by a reason, labels and findings that no other has', () => {
  const cheats = Object.values(expectations).filter(({ part }) => part === 'cheat')
  const marks = cheats.map(({ reason, labels, findings }) => JSON.stringify([reason, labels, findings]))
  expect(new Set(marks).size).toBe(cheats.length)
})

function toRow({ messages, tools, completion }: Item): unknown {
  return { messages, tools, completion }
}

/** The agent as a run finds it: with what it includes beside its `solve.sh`. */
async function assemble(agent: string): Promise<{ path: string; solve: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'ptb-agent-'))
  for (const file of (await readAgentFolder(join(folder, agent))).files) {
    await mkdir(dirname(join(path, file.path)), { recursive: true })
    await copyFile(file.source, join(path, file.path))
  }
  return { path, solve: join(path, 'solve.sh'), [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

/** What `./evaluate` gives back of an item. */
function toSample({ id, messages, tools, target }: Item): unknown {
  return { id, messages, tools, target, output: '', value: 0 }
}

function runScript(
  script: string,
  args: readonly string[],
  rows: readonly unknown[],
): z.infer<typeof rowSchema>[] {
  return runPython(script, args, rows)
    .trimEnd()
    .split('\n')
    .map((line) => rowSchema.parse(JSON.parse(line)))
}

function runPython(script: string, args: readonly string[], rows: readonly unknown[]): string {
  const { stdout, stderr } = spawnSync('python3', [join(folder, script), ...args], {
    input: rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  expect(stderr).toBe('')
  return stdout
}

const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
}

function calculate(a: number, sign = '', b: number): number | undefined {
  return operations[sign]?.(a, b)
}
