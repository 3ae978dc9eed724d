import { chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { createOwnFolder, wordsFiles, type OwnFolder } from '../../../test/fixtures/own-folder.ts'
import { resultSchema, type RunResult } from '../../domain/result.ts'
import { runSpecSchema } from '../../domain/run-spec.ts'
import { sha256 } from '../../lib/hash.ts'

const plannedSchema = z.object({
  runs: z.array(z.object({ id: z.string(), spec: runSpecSchema, specHash: z.string() })),
})

describe('the config of an experiment', () => {
  let own: OwnFolder
  beforeAll(async () => {
    own = await createOwnFolder()
    await own.write(wordsFiles)
  })
  afterAll(() => own[Symbol.asyncDispose]())

  it('is found above the experiment file, and the lock knows every file that it imports', async () => {
    const { stdout, stderr } = await own.ptb(['plan', 'experiments/words.yaml', '--json'])
    expect(stderr).toBe('')
    const [run] = plannedSchema.parse(JSON.parse(stdout)).runs
    expect(run?.spec.benchmark.id).toBe('words')
    expect(run?.spec.config?.path).toBe(join(own.path, 'ptb.config.ts'))
    expect(run?.spec.config?.files).toEqual(
      Object.fromEntries(
        (['clean.ts', 'ptb.config.ts', 'words.ts'] as const).map((name) => [name, sha256(wordsFiles[name])]),
      ),
    )
  })

  it('is found above the working directory when the experiment lies elsewhere', async () => {
    await using elsewhere = await createOwnFolder()
    await elsewhere.write({
      'words.yaml': wordsFiles['experiments/words.yaml'].replace('../a', join(own.path, 'a')),
    })
    const file = join(elsewhere.path, 'words.yaml')
    expect((await own.ptb(['plan', file])).stdout).toContain(`with ${join(own.path, 'ptb.config.ts')}`)
    const without = await elsewhere.ptb(['plan', file])
    expect(without.stderr).toContain('unknown protocol "words-v1"')
    const named = await elsewhere.ptb(['plan', file, '--config', join(own.path, 'ptb.config.ts')])
    expect(named).toMatchObject({ code: 0, stderr: '' })
  })

  it.each([
    ['throw new Error("no key")', 'no key', 'config/failed'],
    ['import "./not-there.ts"', 'not-there.ts', 'config/failed'],
    ['export const config = {}', 'has no default export', 'config/no_default'],
    ['export default { catalog: "./none" }', 'catalogue that is not there', 'config/no_catalog'],
    [
      'export default { agents: [{ id: "x" }] }',
      'agents[0] ("x"): command: must be a function',
      'config/invalid',
    ],
  ])('%s is refused with what and where', async (text, message, code) => {
    await using broken = await createOwnFolder()
    await broken.write({ ...wordsFiles, 'ptb.config.ts': `${text}\n` })
    const { stderr, code: exit } = await broken.ptb(['plan', 'experiments/words.yaml'])
    expect(stderr).toContain(message)
    expect(stderr).toContain(join(broken.path, 'ptb.config.ts'))
    expect(stderr).toContain(`(${code})`)
    expect(stderr.split('\n').length).toBeLessThan(14)
    expect(exit).toBe(2)
  })

  it.each([
    ['id: "words"', 'id: "nano-arith"', 'the config\'s benchmark "nano-arith" has the id of a built-in one'],
    ['[words]', '[words, words]', 'the config\'s benchmark "words" has the id of another one'],
  ])('with %s as %s is refused by name', async (from, to, message) => {
    await using twice = await createOwnFolder()
    const change = (text: string): string => text.replace("id: 'words'", 'id: "words"').replace(from, to)
    await twice.write({
      ...wordsFiles,
      'ptb.config.ts': change(wordsFiles['ptb.config.ts']),
      'words.ts': change(wordsFiles['words.ts']),
    })
    const { stderr, code } = await twice.ptb(['plan', 'experiments/words.yaml'])
    expect(stderr).toContain(message)
    expect(code).toBe(2)
  })

  it('is not run when somebody else has put it there', async (test) => {
    test.skip(process.getuid?.() !== 0, 'only root can give files away')
    await using shared = await createOwnFolder()
    await shared.write({ ...wordsFiles, 'ptb.config.ts': 'console.log("ran")\nexport {}\n' })
    await chown(join(shared.path, 'ptb.config.ts'), 65534, 65534)
    const { stdout, stderr } = await shared.ptb(['plan', 'experiments/words.yaml'])
    expect(stderr).toContain('(config/not_yours)')
    expect(stdout).not.toContain('ran')
    const named = await shared.ptb(['plan', 'experiments/words.yaml', '--config', 'ptb.config.ts'])
    expect(named.stderr).toContain('(config/no_default)')
  })
})

it('an agent of the config starts the folders whose manifest names it', async () => {
  await using own = await createOwnFolder()
  await own.write({
    ...wordsFiles,
    'ptb.config.ts': wordsFiles['ptb.config.ts']
      .replace('benchmarks:', 'agents: [cli],\n  benchmarks:')
      .replace(
        'export default',
        "const cli = { id: 'my-cli', title: 'My CLI', command: ({ agentPath }) => ({ argv: ['my-cli', agentPath], env: {} }) }\nexport default",
      ),
    'a/agent.yaml': 'kind: my-cli\n',
  })
  const planned = await own.ptb(['plan', 'experiments/words.yaml', '--commands'])
  expect(planned.stderr).toBe('')
  expect(planned.stdout).toMatch(/ my-cli \S+agent\n/)
  await own.write({ 'a/agent.yaml': 'kind: your-cli\n' })
  const { stderr } = await own.ptb(['plan', 'experiments/words.yaml'])
  expect(stderr).toContain('there is no agent "your-cli"\nto fix: Known: custom, my-cli.')
})

describe('a worker', () => {
  it.each([
    ['clean.ts', 'export const clean = String\n', 'infra_failure/config_changed', 'clean.ts'],
    ['words.txt', 'one\ntwo\nfour\n', 'infra_failure/benchmark_changed', '"words"'],
  ])('refuses a run when %s has changed since the plan', async (name, content, reason, detail) => {
    await using own = await createOwnFolder()
    await own.write(wordsFiles)
    const runPath = await lockRun(own)
    await own.write({ [name]: content })
    const result = await work(own, runPath)
    expect(result.outcome).toMatchObject({ kind: 'infra_failure', reason })
    expect(result.outcome.detail).toContain(detail)
    expect(result.death).toBe('not_started')
  })

  it('refuses a run when the config does not load here', async () => {
    await using own = await createOwnFolder()
    await own.write({
      ...wordsFiles,
      'clean.ts': `if (process.env['PTB_BROKEN']) throw new Error('no such machine')\n${wordsFiles['clean.ts']}`,
    })
    const { outcome } = await work(own, await lockRun(own), { PTB_BROKEN: '1' })
    expect(outcome.reason).toBe('infra_failure/config_failed')
    expect(outcome.detail).toContain('no such machine')
  })
})

/** The only run of the experiment, as `ptb run` would have left it to its worker. */
async function lockRun(own: OwnFolder): Promise<string> {
  const { stdout } = await own.ptb(['plan', 'experiments/words.yaml', '--json'])
  const [run] = plannedSchema.parse(JSON.parse(stdout)).runs
  const path = join(own.path, 'run')
  await mkdir(path)
  await writeFile(
    join(path, 'run.json'),
    JSON.stringify({
      ...run,
      schemaVersion: 1,
      experiment: 'words',
      repeat: 1,
      infraRetries: 0,
      harnessVersion: '0',
      createdAt: new Date().toISOString(),
    }),
  )
  return path
}

async function work(
  own: OwnFolder,
  runPath: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  // Many slots, so that it waits for nobody else on this machine.
  const { stderr } = await own.ptb(['worker', runPath, '--slots', '64'], env)
  expect(stderr).toBe('')
  return resultSchema.parse(JSON.parse(await readFile(join(runPath, 'result.json'), 'utf8')))
}
