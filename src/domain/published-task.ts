import type { ScoringProgram } from './benchmark.ts'

/** A benchmark in the published format, as a `ptb.config.ts` names it: the folder says the rest. */
export interface PublishedTask extends Partial<Pick<ScoringProgram, 'timeoutHours' | 'maxTokensOption'>> {
  readonly kind: 'published'
  /** With `evaluate.py` and `benchmark.txt`; relative to the config file. */
  readonly path: string
  /** Default: the folder's name. */
  readonly id?: string
  /** Told to the agent beside what holds for all of them, in Markdown. */
  readonly agentNotes?: string
}

export function isPublishedTask(entry: unknown): entry is PublishedTask {
  return typeof entry === 'object' && entry !== null && 'kind' in entry && entry.kind === 'published'
}
