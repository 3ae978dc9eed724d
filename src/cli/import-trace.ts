import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { anyFormat, findTrajectoryFormat, trajectoryFormats } from '../agents/trajectory-registry.ts'
import { createTrajectoryReader } from '../agents/trajectory-reader.ts'
import type { AgentExit } from '../domain/end-reason.ts'
import { BenchError } from '../domain/error.ts'
import type { TrajectoryFormat } from '../domain/trajectory-format.ts'
import type { TrajectorySummary } from '../domain/trajectory-builder.ts'
import { trajectorySchema } from '../domain/trajectory.ts'
import { inertLine } from '../lib/inert-text.ts'
import { writeTrajectoryFile } from '../run/agent/trajectory.ts'
import { paint } from './render.ts'
import { renderSummary } from './trajectory/render-summary.ts'

export interface ImportTraceOptions {
  /** A name of a CLI, or `auto`. */
  readonly agent: string
  readonly json: boolean
  readonly colour: boolean
  readonly out?: string
  readonly stderr?: string
  readonly exitCode?: number
  readonly signal?: string
  readonly stopped?: 'deadline' | 'cancelled' | 'limit'
  readonly leftOver?: number
}

/** Converts a transcript and says what is in it. */
export async function importTrace(file: string, options: ImportTraceOptions): Promise<string> {
  const reader = createTrajectoryReader({ format: findFormat(options.agent) })
  for await (const chunk of await readBytes(options.stderr)) reader.push(chunk, 'err')
  for await (const chunk of await readBytes(file)) reader.push(chunk)
  const { trajectory, summary } = reader.end(exitOf(options))
  const checked = trajectorySchema.safeParse(trajectory)
  if (options.out !== undefined) await writeTrajectoryFile(options.out, trajectory)
  const problems = checked.success
    ? []
    : checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  if (options.json) return JSON.stringify(describe(summary, { file, problems, out: options.out }), null, 2)
  const text = renderSummary(summary, paint(options.colour))
  return [text, ...problems.map((problem) => `invalid: ${inertLine(problem)}`)].join('\n')
}

function findFormat(agent: string): TrajectoryFormat | null {
  const format = findTrajectoryFormat(agent)
  if (format !== null || agent === anyFormat) return format
  throw new BenchError(`there is no agent "${inertLine(agent)}" whose output can be read`, {
    code: 'import/unknown_agent',
    kind: 'usage',
    remedy: `Name one of ${trajectoryFormats.map(({ id }) => id).join(', ')}, or leave --agent out to find out.`,
  })
}

function exitOf({ exitCode, signal, stopped, leftOver }: ImportTraceOptions): AgentExit {
  return {
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(stopped === undefined ? {} : { stopped }),
    ...(leftOver === undefined ? {} : { leftOver }),
  }
}

async function readBytes(path: string | undefined): Promise<AsyncIterable<Buffer>> {
  if (path === '-') return process.stdin
  const found = path === undefined ? null : await stat(path).catch(() => null)
  if (path !== undefined && found?.isFile() !== true && found?.isFIFO() !== true)
    throw new BenchError(`${inertLine(path)} is no file that can be read`, {
      code: 'import/no_file',
      kind: 'usage',
      remedy: "Name a file with an agent CLI's output, or - for standard input.",
    })
  return path === undefined ? nothing() : createReadStream(path)
}

async function* nothing(): AsyncIterable<Buffer> {}

/** For scripts. */
function describe(
  summary: TrajectorySummary,
  {
    file,
    problems,
    out,
  }: { readonly file: string; readonly problems: readonly string[]; readonly out: string | undefined },
): unknown {
  const { steps, unpaired, end, sessions, ...rest } = summary
  return {
    file,
    format: 'ATIF-v1.7',
    valid: problems.length === 0,
    ...(problems.length === 0 ? {} : { problems: problems.slice(0, 20) }),
    out: out ?? null,
    ...rest,
    sessions,
    steps: steps.system + steps.user + steps.agent,
    stepsBySource: steps,
    unpairedCalls: unpaired.length,
    unpaired,
    endReason: end.reason,
    end,
  }
}
