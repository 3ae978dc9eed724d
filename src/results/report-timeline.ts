import { attemptEventLineSchema, type AttemptEventLine } from '../domain/attempt-event.ts'
import { selfEvaluationSchema, type SelfEvaluation } from '../domain/evaluation.ts'
import { monitorSampleSchema, type MonitorSample } from '../domain/monitor.ts'
import { curveMetrics, type CurveMetric, type ReportCurve, type ReportRun } from '../domain/report.ts'
import { readJsonl } from '../lib/jsonl.ts'
import { attemptLayout } from '../run/layout.ts'
import { thinPoints } from './thin-points.ts'

/** Points per curve: enough for the page's width, little enough for a hundred runs in one file. */
const curvePoints = 300
const selfEvaluationPoints = 200
const markCount = 60
const markTextLength = 160

type Mark = ReportRun['marks'][number]

type AttemptTimeline = Pick<
  ReportRun,
  'agentStartedAt' | 'marks' | 'monitor' | 'selfEvaluations' | 'selfEvaluationCount'
>

export const emptyTimeline: AttemptTimeline = {
  agentStartedAt: null,
  marks: [],
  monitor: { samples: 0, curves: [] },
  selfEvaluations: [],
  selfEvaluationCount: 0,
}

/** What the supervisor wrote down while the agent ran. What cannot be read is left out: none of it decides a score. */
export async function readAttemptTimeline(
  runPath: string,
  attempt: number,
  options: { readonly withheld: boolean; readonly redact: (text: string) => string },
): Promise<AttemptTimeline> {
  const layout = attemptLayout(runPath, attempt)
  const events = await readLines(layout.events, attemptEventLineSchema)
  const samples = await readLines(layout.monitor, monitorSampleSchema)
  const evaluations = await readLines(layout.selfEvaluations, selfEvaluationSchema)
  const startedAt = events.find(({ type }) => type === 'agent_started')?.at ?? null
  return {
    agentStartedAt: startedAt,
    marks: startedAt === null ? [] : planMarks(events, Date.parse(startedAt), options),
    monitor: { samples: samples.length, curves: planCurves(samples) },
    selfEvaluations: planSelfEvaluations(evaluations),
    selfEvaluationCount: evaluations.length,
  }
}

async function readLines<T>(
  path: string,
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
): Promise<T[]> {
  const content = await readJsonl(path).catch(() => null)
  return (content?.lines ?? []).flatMap(({ value }) => {
    const parsed = schema.safeParse(value)
    return parsed.success ? [parsed.data] : []
  })
}

/** An agent may ask as often as it likes. */
function planSelfEvaluations(evaluations: readonly SelfEvaluation[]): ReportRun['selfEvaluations'] {
  const points = evaluations.map((one) => ({ x: one.elapsedMs, y: one.accuracy, one }))
  const kept = points.length <= selfEvaluationPoints ? points : thinPoints(points, selfEvaluationPoints)
  return kept.map(({ one: { elapsedMs, items, accuracy, stderr } }) => ({
    elapsedMs,
    items,
    accuracy,
    stderr,
  }))
}

function planMarks(
  events: readonly AttemptEventLine[],
  start: number,
  { withheld, redact }: { readonly withheld: boolean; readonly redact: (text: string) => string },
): Mark[] {
  // the names of an agent's processes and files may stand in what the supervisor says
  const free = (text: string): string => (withheld ? '' : redact(text).slice(0, markTextLength))
  const marks = events.flatMap((event): Mark[] => {
    const mark = describeEvent(event, free)
    return mark === null ? [] : [{ ...mark, elapsedMs: Math.max(0, Date.parse(event.at) - start) }]
  })
  if (marks.length <= markCount) return marks
  // an agent can cause any number of turns and notices; how its time ended is among the last
  return [...marks.slice(0, markCount - 10), ...marks.slice(-10)]
}

function describeEvent(
  event: AttemptEventLine,
  free: (text: string) => string,
): Pick<Mark, 'kind' | 'text'> | null {
  switch (event.type) {
    case 'turn':
      return { kind: 'turn', text: `turn ${event.turn}` }
    case 'limit':
      return {
        kind: 'limit',
        text: [event.limit, free(event.detail)].filter((text) => text !== '').join(': '),
      }
    case 'deadline':
      return { kind: 'deadline', text: 'the time was up' }
    case 'cancel_requested':
      return { kind: 'cancel', text: 'cancelled by the operator' }
    case 'notice':
      return { kind: 'notice', text: free(event.text) }
    case 'agent_exited':
      return { kind: 'exit', text: `ended with ${event.signal ?? `exit code ${event.code}`}` }
    case 'failed':
      return { kind: 'failed', text: event.reason }
    case 'supervisor_started':
    case 'agent_started':
    case 'self_evaluation':
    case 'death':
    case 'solve_end':
      return null
  }
}

function planCurves(samples: readonly MonitorSample[]): ReportCurve[] {
  return curveMetrics.flatMap((metric): ReportCurve[] => {
    const points = samples.flatMap((sample) => {
      const y = readMetric(sample, metric)
      return y === null ? [] : [{ x: Math.round(sample.elapsedMs / 100) / 10, y }]
    })
    if (points.length === 0) return []
    const thin = thinPoints(points, curvePoints)
    return [{ metric, seconds: thin.map(({ x }) => x), values: thin.map(({ y }) => y) }]
  })
}

/** Rounded to what a chart can show. */
function readMetric(sample: MonitorSample, metric: CurveMetric): number | null {
  switch (metric) {
    case 'memoryBytes':
    case 'diskBytes': {
      const bytes = sample[metric]
      return bytes === null ? null : Math.round(bytes / 2 ** 20) * 2 ** 20
    }
    case 'processes':
      return sample.processes
    case 'ownCores':
      return sample.ownCores === null ? null : round(sample.ownCores)
    case 'otherCores':
      return sample.busyCores === null || sample.ownCores === null
        ? null
        : round(Math.max(0, sample.busyCores - sample.ownCores))
  }
}

function round(cores: number): number {
  return Math.round(cores * 100) / 100
}
