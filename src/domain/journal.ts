import * as z from 'zod'
import { outcomeSchema } from './outcome.ts'

export const phases = ['prepare', 'solve', 'seal', 'evaluate', 'inspect', 'finish'] as const
export type Phase = (typeof phases)[number]

const event = z.discriminatedUnion('type', [
  /** A worker took the run over, knowing the lines before this one; further lines of lower epochs are void. */
  z.object({ type: z.literal('worker'), pid: z.number(), startTime: z.string(), host: z.string() }),
  z.object({ type: z.literal('attempt'), attempt: z.number().int().positive(), why: z.string() }),
  z.object({
    type: z.literal('intent'),
    attempt: z.number().int(),
    phase: z.enum(phases),
    effect: z.string(),
  }),
  z.object({
    type: z.literal('receipt'),
    attempt: z.number().int(),
    phase: z.enum(phases),
    effect: z.string(),
    data: z.unknown(),
  }),
  /** The attempt is over; `outcome` is null when it ran to its end and the outcome follows from its evidence. */
  z.object({ type: z.literal('attempt_end'), attempt: z.number().int(), outcome: outcomeSchema.nullable() }),
  z.object({ type: z.literal('finished'), outcome: outcomeSchema }),
])
export type JournalEvent = z.infer<typeof event>

/** One line of `journal.jsonl`. `seq` counts from 1 without gaps; `epoch` names the worker that wrote it. */
export const journalLineSchema = z.intersection(
  z.object({ seq: z.number().int().positive(), epoch: z.number().int().positive(), at: z.string() }),
  event,
)
export type JournalLine = z.infer<typeof journalLineSchema>

export interface AttemptState {
  readonly number: number
  readonly why: string
  readonly startedAt: string
  readonly intents: ReadonlySet<string>
  readonly receipts: ReadonlyMap<string, unknown>
  readonly phase: Phase | null
  readonly ended: { readonly outcome: z.infer<typeof outcomeSchema> | null } | null
  readonly endedAt: string | null
}

export interface RunState {
  readonly epoch: number
  readonly lastSeq: number
  readonly attempts: readonly AttemptState[]
  readonly outcome: z.infer<typeof outcomeSchema> | null
  readonly worker: { readonly pid: number; readonly startTime: string; readonly host: string } | null
  readonly updatedAt: string | null
}

/** The key of an effect within its attempt. */
export function effectKey(phase: Phase, effect: string): string {
  return `${phase}/${effect}`
}

/**
 * The lines that count, in their order: each once, and none of an outdated worker that its successor had not read when it
 * took over, which are those whose number is not below that of the successor's first line. So neither the order in which
 * lines came into the file matters, nor how often they did.
 */
export function standingLines(lines: Iterable<JournalLine>): JournalLine[] {
  const standing: JournalLine[] = []
  for (const line of [...lines].sort((a, b) => b.epoch - a.epoch || b.seq - a.seq))
    if (line.seq < (standing.at(-1)?.seq ?? Infinity)) standing.push(line)
  return standing.reverse()
}

/** State is a fold over the lines of the journal that count. */
export function foldJournal(lines: Iterable<JournalLine>): RunState {
  let epoch = 0
  let lastSeq = 0
  let worker: RunState['worker'] = null
  let outcome: RunState['outcome'] = null
  let updatedAt: string | null = null
  const attempts: {
    number: number
    why: string
    startedAt: string
    intents: Set<string>
    receipts: Map<string, unknown>
    phase: Phase | null
    ended: AttemptState['ended']
    endedAt: string | null
  }[] = []
  for (const line of standingLines(lines)) {
    lastSeq = line.seq
    epoch = line.epoch
    updatedAt = line.at
    const attempt =
      'attempt' in line ? attempts.find((candidate) => candidate.number === line.attempt) : undefined
    switch (line.type) {
      case 'worker':
        worker = { pid: line.pid, startTime: line.startTime, host: line.host }
        break
      case 'attempt':
        if (attempt === undefined) {
          attempts.push({
            number: line.attempt,
            why: line.why,
            startedAt: line.at,
            intents: new Set(),
            receipts: new Map(),
            phase: null,
            ended: null,
            endedAt: null,
          })
          // after the end of an infra_failure: the operator had it tried again
          outcome = null
        }
        break
      case 'intent':
        if (attempt === undefined) break
        attempt.intents.add(effectKey(line.phase, line.effect))
        attempt.phase = line.phase
        break
      case 'receipt':
        if (attempt === undefined) break
        attempt.phase = line.phase
        if (!attempt.receipts.has(effectKey(line.phase, line.effect)))
          attempt.receipts.set(effectKey(line.phase, line.effect), line.data)
        break
      case 'attempt_end':
        if (attempt === undefined || attempt.ended !== null) break
        attempt.ended = { outcome: line.outcome }
        attempt.endedAt = line.at
        break
      case 'finished':
        outcome = line.outcome
        break
    }
  }
  return { epoch, lastSeq, attempts, outcome, worker, updatedAt }
}
