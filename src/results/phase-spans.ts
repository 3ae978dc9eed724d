import { standingLines, type JournalLine, type Phase } from '../domain/journal.ts'

export interface PhaseSpan {
  readonly attempt: number
  readonly phase: Phase
  readonly startedAt: string
  /** `null` while it lasts, or when the worker died in it. */
  readonly endedAt: string | null
}

/**
 * When each phase of each attempt began (its first intent) and ended (its last receipt). Lines of workers that had
 * been replaced do not count. Phases without an effect of their own do not appear.
 */
export function foldPhaseSpans(lines: Iterable<JournalLine>): PhaseSpan[] {
  const spans: {
    attempt: number
    phase: Phase
    startedAt: string
    endedAt: string | null
    open: Set<string>
  }[] = []
  for (const line of standingLines(lines)) {
    if (line.type !== 'intent' && line.type !== 'receipt') continue
    let span = spans.find(({ attempt, phase }) => attempt === line.attempt && phase === line.phase)
    if (span === undefined) {
      span = { attempt: line.attempt, phase: line.phase, startedAt: line.at, endedAt: null, open: new Set() }
      spans.push(span)
    }
    if (line.type === 'intent') span.open.add(line.effect)
    else span.open.delete(line.effect)
    span.endedAt = span.open.size === 0 ? line.at : null
  }
  return spans.map(({ open: _open, ...span }) => span)
}
