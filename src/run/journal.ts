import { mkdir } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { BenchError } from '../domain/error.ts'
import {
  effectKey,
  foldJournal,
  journalLineSchema,
  type JournalEvent,
  type JournalLine,
  type Phase,
  type RunState,
} from '../domain/journal.ts'
import { createExclusive } from '../lib/atomic-file.ts'
import { openJsonlWriter, readJsonl, type JsonlContent } from '../lib/jsonl.ts'
import { processIdentity } from '../lib/process.ts'
import { runLayout } from './layout.ts'
import { createOperatorRedactor } from './operator-secrets.ts'

/** Thrown in a worker that a newer one has replaced. It must stop at once and leave everything as it is. */
export class FencedOff extends Error {
  constructor(runPath: string) {
    super(`another worker has taken over ${runPath}`)
    this.name = 'FencedOff'
  }
}

export async function readJournal(runPath: string): Promise<RunState> {
  return foldJournal(await readJournalLines(runPath))
}

export async function readJournalLines(runPath: string): Promise<JournalLine[]> {
  const path = runLayout(runPath).journal
  return parseJournalLines(await readJsonl(path), path)
}

function parseJournalLines({ lines, broken }: JsonlContent, path: string): JournalLine[] {
  if (broken.length > 0) throw corrupt(path, broken[0] ?? 0)
  return lines.map(({ value, line }) => {
    const parsed = journalLineSchema.safeParse(value)
    if (!parsed.success) throw corrupt(path, line)
    return parsed.data
  })
}

function corrupt(path: string, line: number): BenchError {
  return new BenchError(`${path}:${line} is not a journal line`, {
    code: 'journal/corrupt',
    kind: 'environment',
    remedy:
      'The file was changed by something else than ptb, or the disk is faulty. Restore it from a backup.',
  })
}

/**
 * Throws `FencedOff` when a newer worker has taken the run over. A worker may have stood still for long, in the middle of
 * anything: it asks right before whatever would change what its successor relies on.
 */
export type Fence = () => void

/** The only writer of a run's journal while it lives. */
export interface Journal extends Disposable {
  readonly state: RunState
  readonly fence: Fence
  append(event: JournalEvent): void
  /**
   * Does `work` once per attempt: writes the intent, does it, writes the receipt. With a receipt on record it only
   * returns what that says; with an intent alone it does it again, so `work` must be idempotent or find out
   * what is left to do (`resumed` tells it).
   */
  effect<T>(
    attempt: number,
    phase: Phase,
    name: string,
    parse: (data: unknown) => T,
    work: (resumed: boolean) => Promise<T>,
  ): Promise<T>
}

/**
 * Called right before and after every line that a worker or supervisor writes about its run, with the line's type and, for
 * an effect, its key: the places where a death shows whether everything is found again. Before an effect's receipt, its
 * work is done and nobody knows.
 */
export type OnBoundary = (when: 'before' | 'after', line: string) => void

export interface JournalOptions {
  readonly now?: () => Date
  readonly onBoundary?: OnBoundary | undefined
}

/** Takes the run over: claims the next epoch, so that any older worker is fenced off from now on. */
export async function openJournal(runPath: string, options: JournalOptions = {}): Promise<Journal> {
  const { now = (): Date => new Date(), onBoundary = (): void => {} } = options
  const { redact } = createOperatorRedactor()
  const layout = runLayout(runPath)
  await mkdir(layout.epochs, { recursive: true })
  const epoch = await claimEpoch(layout.epochs, (await readJournal(runPath)).epoch + 1)
  const writer = openJsonlWriter(layout.journal, { sync: true })
  // Only now: until the claim, the worker before this one may have written more.
  const lines = parseJournalLines(writer.read(), layout.journal)
  let state = foldJournal(lines)

  const fence = (): void => {
    if (existsSync(join(layout.epochs, String(epoch + 1)))) throw new FencedOff(runPath)
  }

  function append(event: JournalEvent): void {
    const line: JournalLine = {
      seq: state.lastSeq + 1,
      epoch,
      at: now().toISOString(),
      ...redactEvent(event, redact),
    }
    const name = 'effect' in event ? `${event.type} ${effectKey(event.phase, event.effect)}` : event.type
    onBoundary('before', name)
    fence()
    writer.append(line)
    fence() // or else the line may be void
    lines.push(line)
    state = foldJournal(lines)
    onBoundary('after', name)
  }

  const self = processIdentity(process.pid)
  append({ type: 'worker', pid: process.pid, startTime: self?.startTime ?? '', host: hostname() })
  return {
    get state() {
      return state
    },
    fence,
    append,
    async effect(attempt, phase, name, parse, work) {
      const known = state.attempts.find((candidate) => candidate.number === attempt)
      const key = effectKey(phase, name)
      if (known?.receipts.has(key)) return parse(known.receipts.get(key))
      const resumed = known?.intents.has(key) ?? false
      append({ type: 'intent', attempt, phase, effect: name })
      const data = await work(resumed)
      append({ type: 'receipt', attempt, phase, effect: name, data })
      return data
    },
    [Symbol.dispose]() {
      writer[Symbol.dispose]()
    },
  }
}

/** What became of an attempt is told in the words of errors, which quote what went wrong. */
function redactEvent(event: JournalEvent, redact: (text: string) => string): JournalEvent {
  if ((event.type !== 'attempt_end' && event.type !== 'finished') || event.outcome === null) return event
  return { ...event, outcome: { ...event.outcome, detail: redact(event.outcome.detail) } }
}

/** A claimed epoch without a journal line belongs to a worker that died at once, or lives: only a free one will do. */
async function claimEpoch(folder: string, first: number): Promise<number> {
  for (let epoch = first; ; epoch++) {
    if (await createExclusive(join(folder, String(epoch)), `${process.pid}@${hostname()}\n`)) return epoch
  }
}
