import { mkdtempDisposable, readFile, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { writeSyntheticExperiment } from '../../bench/synthetic-experiment.ts'
import { createLife } from '../../test/life/rig.ts'
import { parseJsonl } from '../lib/jsonl.ts'
import { listTree } from '../lib/untrusted-tree.ts'
import { cancelRun } from '../run/cancel.ts'
import { renderNamedSchema, writeSchemas } from './schema.ts'
import { fileSchemas, schemaOf } from './schemas.ts'

/** Files without a form: logs, texts, marks, and what came from the agent. */
const formless =
  /^runs\/[^/]+\/(?:worker\.log|notified|epochs\/\d+|attempts\/\d+\/(?:started|prompt\.md|chat_template\.jinja|\w+\.log|(?:agent|workspace|final_model)\/.+)|evaluations\/[^/]+\/(?:engine\.log|chat_template\.jinja))$/u

/** Every file below an experiment's folder, by its path there. */
async function contentOf(path: string): Promise<[name: string, text: string][]> {
  const { entries } = await listTree(path, { entries: 10_000, depth: 20 })
  const files = entries.filter(({ kind }) => kind === 'file')
  return Promise.all(files.map(async (entry) => [entry.path, await readFile(entry.diskPath, 'utf8')]))
}

async function runFiles(path: string): Promise<[name: string, text: string][]> {
  return (await contentOf(path)).map(([name, text]) => [`runs/life-1/${name}`, text])
}

function check(files: readonly (readonly [name: string, text: string])[]): string[] {
  return files.flatMap(([name, text]) => {
    if (formless.test(name)) return []
    const file = schemaOf(name)
    if (file === undefined) return [`${name} has no schema`]
    const values =
      file.form === 'lines'
        ? parseJsonl(text).lines.map(({ value }) => value)
        : [file.form === 'yaml' ? (parse(text) as unknown) : (JSON.parse(text) as unknown)]
    return values.flatMap((value) => {
      const { error } = file.schema.safeParse(value)
      return error === undefined ? [] : [`${name}: ${error.message}`]
    })
  })
}

test('every file of a real run has a schema and keeps to it', async () => {
  await using life = await createLife({
    sandbox: 'host',
    solve: 'echo hello; echo note > notes.txt; save true true; ./evaluate --limit 2; ./timer',
  })
  await life.work()
  const files = await runFiles(life.runPath)
  expect(check(files)).toEqual([])
  // the harness has written these, so the check has seen them
  const names = files.map(([name]) => name.replace('runs/life-1/', ''))
  expect(names).toEqual(
    expect.arrayContaining([
      'journal.jsonl',
      'result.json',
      'verdicts/1.json',
      'findings.json',
      'attempts/1/seal.json',
      'attempts/1/monitor.jsonl',
    ]),
  )
})

test('so does a run that was cancelled before it started', async () => {
  await using life = await createLife({ sandbox: 'host', solve: 'true' })
  await cancelRun(life.runPath, 'not needed')
  const files = await runFiles(life.runPath)
  expect(check(files)).toEqual([])
  expect(files.map(([name]) => name)).toContain('runs/life-1/cancel.json')
})

test('an experiment with its lock and baselines does, and so does the catalogue', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'ptb-schema-'))
  writeSyntheticExperiment(folder.path, { runs: 2, agents: 1, items: 3 })
  expect(check(await contentOf(folder.path))).toEqual([])
  const catalog = await contentOf(join(import.meta.dirname, '../../catalog'))
  expect(catalog.length).toBeGreaterThan(2)
  const data = catalog.filter(([name]) => !name.endsWith('.jinja'))
  expect(check(data.map(([name, text]) => [`catalog/${name}`, text]))).toEqual([])
})

test('each can be printed and written, and names what a file may not leave out', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'ptb-schema-'))
  await writeSchemas(folder.path)
  expect(await readdir(folder.path)).toHaveLength(fileSchemas.length)
  const experiment: unknown = JSON.parse(renderNamedSchema('experiment'))
  expect(experiment).toMatchObject({
    title: 'experiment',
    required: expect.arrayContaining(['name', 'agents']),
  })
  // what has a default may be left out of an experiment file, and is always there in a lock
  expect(JSON.stringify((experiment as { required: unknown }).required)).not.toContain('keep')
  expect(() => renderNamedSchema('resutl')).toThrow('did you mean "result"?')
})

test('names and files are each of one schema', () => {
  const ids = fileSchemas.map(({ id }) => id)
  const files = fileSchemas.flatMap((schema) => schema.files)
  expect([new Set(ids).size, new Set(files).size]).toEqual([ids.length, files.length])
})
