import { appendFile, mkdtempDisposable, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeSyntheticExperiment } from '../../bench/synthetic-experiment.ts'
import { readRunStatus } from './run-status.ts'

async function openRun() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'ptb-status-'))
  writeSyntheticExperiment(folder.path, { runs: 1, agents: 1, items: 4 })
  const lock: unknown = JSON.parse(await readFile(join(folder.path, 'experiment.lock.json'), 'utf8'))
  const [{ id }] = (lock as { runs: [{ id: string }] }).runs // as just written
  const path = join(folder.path, 'runs', id)
  const edit = async (name: string, change: (text: string) => string): Promise<void> =>
    writeFile(join(path, name), change(await readFile(join(path, name), 'utf8')))
  return { id, path, edit, [Symbol.asyncDispose]: () => folder.remove() }
}

test('tells of a finished run without reading what it was made from', async () => {
  await using run = await openRun()
  await rm(join(run.path, 'run.json'))
  expect(await readRunStatus(run.path)).toMatchObject({
    id: run.id,
    status: 'finished',
    agent: 'agent-000',
    attempt: 1,
    elapsedMs: 388_000,
    outcome: { reason: 'scored' },
  })
})

test('a result alone does not make a run finished', async () => {
  await using run = await openRun()
  await run.edit('journal.jsonl', (text) => text.replace(/^.*"finished".*\n$/mu, ''))
  expect(await readRunStatus(run.path)).toMatchObject({ status: 'running', outcome: null })
})

test.each([
  ['a torn last line', (text: string) => `${text}{"seq":`],
  [
    'a last line longer than what is read first',
    (text: string) => text.replace(/ended by itself"/u, `${'x'.repeat(5000)}"`),
  ],
])('a finished run with %s is finished', async (_, change) => {
  await using run = await openRun()
  await run.edit('journal.jsonl', change)
  expect(await readRunStatus(run.path)).toMatchObject({ status: 'finished', outcome: { kind: 'scored' } })
})

test('a later verdict is seen, and a missing result is not missed', async () => {
  await using run = await openRun()
  await run.edit('result.json', (text) => text.replace('"kind": "scored"', '"kind": "flagged"'))
  expect((await readRunStatus(run.path))?.outcome?.kind).toBe('flagged')
  await rm(join(run.path, 'result.json'))
  expect((await readRunStatus(run.path))?.outcome?.kind).toBe('scored')
})

test('a folder without a run has no status; a broken journal is named', async () => {
  await using run = await openRun()
  expect(await readRunStatus(join(run.path, 'verdicts'))).toBeNull()
  await appendFile(join(run.path, 'journal.jsonl'), 'garbage\n')
  await expect(readRunStatus(run.path)).rejects.toThrow('journal.jsonl:17 is not a journal line')
})
