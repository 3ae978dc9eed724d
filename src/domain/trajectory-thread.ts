import type { Note } from './trajectory-step.ts'
import type { Content, Metrics, Step, Trajectory } from './trajectory.ts'

/** What is being said, piece by piece, for whoever shows it live. Text by an agent: nothing in it is inert. */
export type TrajectoryEntry = {
  /** The call that a subagent works for; null for the agent itself. */
  readonly subagent: string | null
  readonly at: string | null
} & (
  | { readonly kind: 'user' | 'message' | 'reasoning'; readonly text: string }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: Extra }
  | { readonly kind: 'result'; readonly name: string | null; readonly text: string; readonly failed: boolean }
  | { readonly kind: 'note' | 'error'; readonly title: string; readonly text: string }
)

export type Extra = Readonly<Record<string, unknown>>

/** A speaker: the agent, or one of its subagents. */
export interface Thread {
  user(message: { readonly text: Content; readonly at: string | null; readonly extra?: Extra | null }): void
  /** The step of the model call `key`, which may have begun earlier. */
  step(key: string, at: string | null): OpenStep
  /** The step that goes on where the CLI names no model calls: a result, or words after calls, begin another one. */
  turn(next: 'delta' | 'message' | 'reasoning' | 'call', at: string | null): OpenStep
  result(result: CallResult): void
  /** What is known about a call only when it has ended. */
  amendCall(id: string, change: { readonly arguments?: unknown; readonly extra?: Extra | null }): void
  note(note: Note): void
  /** Whether a call of this name was made here and has no result. */
  awaits(call: string): boolean
  /** The subagent that works for `call`, wherever below this thread that was made. */
  subagent(call: string): Thread
  /** Nothing more is added to a text that came in pieces. */
  close(): void
  readonly stats: ThreadStats
  build(facts: { readonly agent: Trajectory['agent']; readonly sessionId: string | null }): Trajectory
}

export interface OpenStep {
  /** A whole text. */
  say(kind: 'message' | 'reasoning', text: string): void
  /** A piece of a text that goes on with the next one. */
  delta(kind: 'message' | 'reasoning', text: string): void
  call(call: {
    readonly id: string
    readonly name: string
    readonly arguments: unknown
    readonly at: string | null
    readonly extra?: Extra | null
  }): void
  model(name: string): void
  metrics(metrics: Metrics): void
  llmCalls(count: number): void
  /** Whatever else was said; lists of the same name grow. */
  extra(extra: Extra | null): void
}

export interface CallResult {
  readonly call: string
  readonly content: Content | null
  readonly at: string | null
  readonly failed?: boolean
  readonly extra?: Extra | null
}

export interface ThreadStats {
  readonly steps: Readonly<Record<Step['source'], number>>
  readonly messages: number
  readonly reasoning: number
  readonly calls: number
  readonly unpaired: readonly { readonly id: string; readonly name: string }[]
  readonly orphanResults: number
  readonly subagents: number
  readonly lastMessage: string
  readonly modelCalls: readonly Metrics[]
}

/** What all threads of a trajectory share. */
export interface ThreadOwner {
  /** Whether there is room for another step, or line of one; without it, all is counted and nothing kept. */
  room(what: 'step' | 'line'): boolean
  entry(entry: TrajectoryEntry): void
}
