import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { foldJournal, type JournalLine } from '../domain/journal.ts'
import { FencedOff, openJournal, readJournal } from './journal.ts'

async function runFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'ptb-journal-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

const asNumber = (data: unknown): number => Number(data)

it('does an effect once and afterwards only returns its receipt', async () => {
  await using folder = await runFolder()
  let calls = 0
  const work = (): Promise<number> => Promise.resolve(++calls)
  {
    using journal = await openJournal(folder.path)
    journal.append({ type: 'attempt', attempt: 1, why: 'first' })
    expect(await journal.effect(1, 'seal', 'workspace', asNumber, work)).toBe(1)
    expect(await journal.effect(1, 'seal', 'workspace', asNumber, work)).toBe(1)
  }
  using again = await openJournal(folder.path)
  expect(await again.effect(1, 'seal', 'workspace', asNumber, work)).toBe(1)
  expect(calls).toBe(1)
})

it('does an effect again, saying so, when only its intent is on record', async () => {
  await using folder = await runFolder()
  {
    using journal = await openJournal(folder.path)
    journal.append({ type: 'attempt', attempt: 1, why: 'first' })
    await expect(
      journal.effect(1, 'solve', 'agent', asNumber, () => Promise.reject(new Error('killed'))),
    ).rejects.toThrow('killed')
  }
  using again = await openJournal(folder.path)
  expect(await again.effect(1, 'solve', 'agent', Boolean, (resumed) => Promise.resolve(resumed))).toBe(true)
})

it('fences off an older worker once a newer one has claimed the run', async () => {
  await using folder = await runFolder()
  using older = await openJournal(folder.path)
  older.append({ type: 'attempt', attempt: 1, why: 'first' })
  using newer = await openJournal(folder.path)
  expect(() => older.append({ type: 'attempt', attempt: 2, why: 'late' })).toThrow(FencedOff)
  newer.append({ type: 'attempt', attempt: 2, why: 'newer' })
  expect((await readJournal(folder.path)).attempts.map(({ why }) => why)).toEqual(['first', 'newer'])
})

it('cuts a torn last line and goes on after it', async () => {
  await using folder = await runFolder()
  {
    using journal = await openJournal(folder.path)
    journal.append({ type: 'attempt', attempt: 1, why: 'first' })
  }
  await appendFile(join(folder.path, 'journal.jsonl'), '{"seq":3,"epoch":1,"at":"2026-')
  using again = await openJournal(folder.path)
  again.append({ type: 'attempt', attempt: 2, why: 'second' })
  const state = await readJournal(folder.path)
  expect(state.attempts).toHaveLength(2)
  expect(state.lastSeq).toBe(4)
})

it('names file and line of a corrupt journal', async () => {
  await using folder = await runFolder()
  {
    using _journal = await openJournal(folder.path)
  }
  const path = join(folder.path, 'journal.jsonl')
  await writeFile(path, `${await readFile(path, 'utf8')}{"seq":"x"}\n`)
  await expect(readJournal(folder.path)).rejects.toThrow(`${path}:2 is not a journal line`)
})

it('ignores lines of an outdated epoch that were appended late, wherever they fall', () => {
  const at = '2026-01-01T00:00:00.000Z'
  const newer: JournalLine[] = [
    { seq: 2, epoch: 2, at, type: 'worker', pid: 2, startTime: 'b', host: 'h' },
    { seq: 3, epoch: 2, at, type: 'attempt', attempt: 1, why: 'first' },
    { seq: 4, epoch: 2, at, type: 'receipt', attempt: 1, phase: 'seal', effect: 'x', data: 'new' },
  ]
  const late: JournalLine = {
    seq: 3,
    epoch: 1,
    at,
    type: 'receipt',
    attempt: 1,
    phase: 'seal',
    effect: 'x',
    data: 'old',
  }
  const first: JournalLine = { seq: 1, epoch: 1, at, type: 'worker', pid: 1, startTime: 'a', host: 'h' }
  fc.assert(
    fc.property(fc.integer({ min: 1, max: newer.length }), (position) => {
      const lines = [first, ...newer.slice(0, position), late, ...newer.slice(position)]
      expect(foldJournal(lines).attempts[0]?.receipts.get('seal/x')).toBe('new')
    }),
  )
})
