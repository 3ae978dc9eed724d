import { createReadStream } from 'node:fs'
import type { SolveRecord } from '../../domain/attempt-event.ts'
import type { AgentExit } from '../../domain/end-reason.ts'
import { unknownAgent, type TrajectorySummary } from '../../domain/trajectory-builder.ts'
import type { TrajectoryReader } from '../../domain/trajectory-format.ts'
import type { Trajectory } from '../../domain/trajectory.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'

/** Written at once. */
const pieceLength = 256 * 1024

export interface WriteTrajectoryOptions {
  /** What the supervisor took down of the agent's output. */
  readonly agentLog: string
  /** Where the trajectory is to stand. */
  readonly to: string
  /** A new one, for the agent's format. */
  readonly reader: TrajectoryReader
  readonly exit: AgentExit
}

/**
 * Writes the trajectory of an attempt, and returns what is in it; null, and nothing, for output that is no known CLI's. The
 * log is read in pieces: in memory is what the reader keeps, which has a bound. A log that does not exist is an empty one.
 */
export async function writeTrajectory(options: WriteTrajectoryOptions): Promise<TrajectorySummary | null> {
  const { agentLog, to, reader, exit } = options
  try {
    for await (const chunk of createReadStream(agentLog)) reader.push(chunk)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  const { trajectory, summary } = reader.end(exit)
  if (summary.agent === unknownAgent) return null
  await writeTrajectoryFile(to, trajectory)
  return summary
}

/** How an agent's time ended, as its supervisor recorded it. */
export function exitOf({ end, exitCode, signal, death }: SolveRecord): AgentExit {
  return {
    exitCode,
    signal,
    ...(end === 'deadline' || end === 'cancelled' || end === 'limit' ? { stopped: end } : {}),
    leftOver: death.leftOver,
  }
}

/** As JSON with a step per line: whole it would be one text, which has a longest length. */
export async function writeTrajectoryFile(path: string, trajectory: Trajectory): Promise<void> {
  await writeFileAtomic(path, inPieces(trajectoryJson(trajectory)))
}

/** Many small texts as few that are not. */
function* inPieces(texts: Iterable<string>): Generator<Buffer> {
  let piece: string[] = []
  let length = 0
  for (const text of texts) {
    piece.push(text)
    length += text.length
    if (length < pieceLength) continue
    yield Buffer.from(piece.join(''))
    piece = []
    length = 0
  }
  yield Buffer.from(piece.join(''))
}

function* trajectoryJson(trajectory: Trajectory): Generator<string> {
  const { steps, subagent_trajectories: subagents, ...rest } = trajectory
  const head = JSON.stringify(rest)
  yield `${head.slice(0, -1)},\n"steps":[\n`
  for (const [index, step] of steps.entries()) yield `${index === 0 ? '' : ',\n'}${JSON.stringify(step)}`
  yield '\n]'
  for (const [index, subagent] of (subagents ?? []).entries()) {
    yield index === 0 ? ',\n"subagent_trajectories":[\n' : ',\n'
    yield* trajectoryJson(subagent)
  }
  yield (subagents ?? []).length === 0 ? '}\n' : ']}\n'
}
