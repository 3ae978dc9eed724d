import { classifyEnd, type AgentExit, type EndReason, type Settlement } from './end-reason.ts'
import { createThread } from './create-thread.ts'
import type { Thread, ThreadStats, TrajectoryEntry } from './trajectory-thread.ts'
import { createUsageLedger, finalMetricsOf, type UsageLedger, type UsageTotals } from './trajectory-usage.ts'
import type { Trajectory } from './trajectory.ts'

/** What an agent's format tells; the builder makes a trajectory of it. */
export interface TrajectoryBuilder {
  readonly main: Thread
  readonly usage: UsageLedger
  /** Once it is known whose output it is. */
  rename(agent: string): void
  session(facts: SessionFacts): void
  /** The CLI failed, or says so; it may go on. */
  error(message: string): void
  /** The CLI's last word on its run; null when it has begun again. */
  settle(settlement: Settlement): void
  readonly settlement: Settlement
  /** A line that is no event: what a program printed beside them. */
  text(line: { readonly stream: 'out' | 'err'; readonly text: string; readonly at: string | null }): void
  /** An event of a kind that nobody has met. */
  unknown(event: { readonly event: unknown; readonly type: string; readonly at: string | null }): void
  /** Something that the agent started and that goes on when its turn is over. */
  readonly background: Set<string>
  readonly counts: { damagedLines: number; cutLines: number; lines: number; shortened: boolean }
  /** Bytes of input whose content has been kept. */
  kept(bytes: number): void
  build(exit: AgentExit): BuiltTrajectory
}

export interface SessionFacts {
  readonly id?: string | null
  readonly model?: string | null
  readonly version?: string | null
  readonly tools?: readonly string[]
  readonly extra?: Readonly<Record<string, unknown>>
}

export interface BuiltTrajectory {
  readonly trajectory: Trajectory
  readonly summary: TrajectorySummary
}

/** The agent's name where its output is that of no known CLI. */
export const unknownAgent = 'unknown'

export interface TrajectorySummary {
  readonly agent: string
  readonly version: string | null
  readonly model: string | null
  readonly sessions: readonly string[]
  /** Subagents' included. */
  readonly steps: ThreadStats['steps']
  readonly messages: number
  readonly reasoning: number
  readonly calls: number
  readonly unpaired: ThreadStats['unpaired']
  readonly orphanResults: number
  readonly subagents: number
  readonly errors: readonly string[]
  readonly unknownEvents: Readonly<Record<string, number>>
  readonly lines: number
  /** Lines that look like events and cannot be read, and lines of which only the beginning was kept. */
  readonly damagedLines: number
  readonly cutLines: number
  /** Steps and lines for which there was no room, and whether texts were shortened for the same reason. */
  readonly dropped: number
  readonly shortened: boolean
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly totals: UsageTotals
  readonly end: EndReason
}

export interface BuilderOptions {
  readonly agent: string
  readonly version?: string
  readonly onEntry?: (entry: TrajectoryEntry) => void
  /** Of all input whose content is kept. */
  readonly maxBytes: number
  readonly maxSteps: number
}

const maxErrors = 100
const maxTexts = 50
const maxUnknownKinds = 200
const maxSessions = 1000

export function createTrajectoryBuilder(options: BuilderOptions): TrajectoryBuilder {
  const errors: string[] = []
  const texts: string[] = []
  const unknowns = new Map<string, number>()
  const sessions = new Set<string>()
  const tools = new Set<string>()
  const background = new Set<string>()
  const usage = createUsageLedger()
  const counts = { damagedLines: 0, cutLines: 0, lines: 0, shortened: false }
  let about: Record<string, unknown> = {}
  let agentName = options.agent
  let model: string | null = null
  let version: string | null = options.version ?? null
  let settlement: Settlement = null
  let keptBytes = 0
  let steps = 0
  let dropped = 0
  let startedAt: string | null = null
  let endedAt: string | null = null

  const main = createThread(
    {
      room(what) {
        const room = keptBytes < options.maxBytes && (what === 'line' || steps < options.maxSteps)
        if (!room) dropped += 1
        else if (what === 'step') steps += 1
        return room
      },
      entry(entry) {
        if (entry.at !== null) {
          startedAt = startedAt === null || entry.at < startedAt ? entry.at : startedAt
          endedAt = endedAt === null || entry.at > endedAt ? entry.at : endedAt
        }
        // what speaks again has not ended
        if (entry.subagent === null && (entry.kind === 'message' || entry.kind === 'call')) settlement = null
        options.onEntry?.(entry)
      },
    },
    { call: null, depth: 0 },
  )

  const builder: TrajectoryBuilder = {
    main,
    usage,
    background,
    counts,
    rename: (agent) => void (agentName = agent),
    session(facts) {
      if (facts.id && sessions.size < maxSessions) sessions.add(facts.id)
      model ??= facts.model ?? null
      version = facts.version ?? version
      for (const tool of facts.tools ?? []) if (tools.size < 1000) tools.add(tool)
      about = { ...about, ...facts.extra }
    },
    error(message) {
      errors.push(beginning(message))
      if (errors.length > maxErrors) errors.shift()
    },
    settle(word) {
      main.close()
      settlement = word
      if (word?.ok === false) builder.error(word.message)
    },
    get settlement() {
      return settlement
    },
    text({ stream, text, at }) {
      if (text.trim() === '') return
      texts.push(beginning(text))
      if (texts.length > maxTexts) texts.shift()
      main.note({ kind: stream === 'err' ? 'stderr' : 'text', at, text })
    },
    unknown({ event, type, at }) {
      const kind = unknowns.size < maxUnknownKinds || unknowns.has(type) ? type : 'other'
      unknowns.set(kind, (unknowns.get(kind) ?? 0) + 1)
      main.note({ kind: `event ${type}`, at, event })
    },
    kept: (bytes) => void (keptBytes += bytes),
    build(exit) {
      const stats = main.stats
      const totals = usage.totals(stats.modelCalls)
      const end = classifyEnd({
        settlement,
        errors,
        texts,
        lastMessage: stats.lastMessage,
        calls: stats.calls,
        unpaired: stats.unpaired.length,
        background: background.size,
        exit,
      })
      const [sessionId = null] = sessions
      const { modelCalls: _calls, lastMessage: _message, ...rest } = stats
      const summary: TrajectorySummary = {
        agent: agentName,
        version,
        model,
        sessions: [...sessions],
        ...rest,
        errors,
        unknownEvents: Object.fromEntries(unknowns),
        ...counts,
        dropped,
        startedAt,
        endedAt,
        totals,
        end,
      }
      return { trajectory: describe(sessionId, summary, exit), summary }
    },
  }
  return builder

  function describe(sessionId: string | null, summary: TrajectorySummary, exit: AgentExit): Trajectory {
    const agent: Trajectory['agent'] = {
      name: agentName,
      version: version ?? 'unknown',
      ...(model === null ? {} : { model_name: model }),
      ...(tools.size === 0
        ? {}
        : { tool_definitions: [...tools].map((name) => ({ type: 'function', function: { name } })) }),
      ...(Object.keys(about).length === 0 ? {} : { extra: about }),
    }
    const built = main.build({ agent, sessionId })
    const notes = notesOf(summary)
    return {
      ...built,
      final_metrics: finalMetricsOf(summary.totals, built.steps.length),
      ...(notes === '' ? {} : { notes }),
      extra: {
        end: summary.end,
        exit,
        sessions: summary.sessions,
        calls: summary.calls,
        unpaired_calls: summary.unpaired,
        orphan_results: summary.orphanResults,
        errors,
        unknown_events: summary.unknownEvents,
        damaged_lines: summary.damagedLines,
        cut_lines: summary.cutLines,
        dropped,
        shortened: summary.shortened,
      },
    }
  }
}

/** As a text of its own: a slice keeps the whole in memory. */
function beginning(text: string): string {
  return text.length <= 4096 ? text : String(JSON.parse(JSON.stringify(text.slice(0, 4096))))
}

/** Everything that is not as the CLI said it. */
function notesOf({ cutLines, dropped, shortened, damagedLines }: TrajectorySummary): string {
  return [
    ...(damagedLines > 0 ? [`${damagedLines} damaged lines are kept as text.`] : []),
    ...(cutLines > 0 ? [`Of ${cutLines} overlong lines only the beginning was kept.`] : []),
    ...(shortened
      ? ['Texts after the first part of the output are shortened, for there was too much of it.']
      : []),
    ...(dropped > 0 ? [`${dropped} steps or lines were left out, for there were too many.`] : []),
  ].join(' ')
}
