import type { AgentExit } from './end-reason.ts'
import type { BuiltTrajectory, TrajectoryBuilder } from './trajectory-builder.ts'

/** An object that a CLI printed, with what is known about its line. */
export interface TranscriptEvent {
  readonly event: Readonly<Record<string, unknown>>
  /** As it was printed. */
  readonly line: string
  /** When the line was taken down; most CLIs also say their own times. */
  readonly at: string | null
}

/** What becomes of a CLI's events. One per transcript. */
export interface TranscriptInterpreter {
  /** Tells the builder what the event says. Never throws, whatever it holds. */
  event(event: TranscriptEvent): void
  /** A line that is no event, after it was kept: some CLIs say things in plain words. */
  text?(text: string): void
  /** There is nothing more. May be followed by more, where a transcript is looked at while it grows. */
  end?(): void
}

/** The output of one family of agent CLIs, in all its versions: a leaf, `agents/<name>.trajectory.ts`. */
export interface TrajectoryFormat {
  readonly id: string
  /** As trajectories name the agent. */
  readonly agent: string
  readonly names: readonly string[]
  /** Whether an object, by itself, can only be an event of this CLI's. */
  recognises(event: Readonly<Record<string, unknown>>): boolean
  interpret(builder: TrajectoryBuilder): TranscriptInterpreter
}

/** Reads a transcript while it grows. Nothing in it makes this throw. */
export interface TrajectoryReader {
  /** Bytes, cut anywhere; `stream` where they come from pipes and not from a log. */
  push(chunk: Uint8Array, stream?: 'out' | 'err'): void
  /** What there is by now. */
  snapshot(exit?: AgentExit): BuiltTrajectory
  /** There is nothing more. */
  end(exit?: AgentExit): BuiltTrajectory
}
