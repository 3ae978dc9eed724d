import type { Finding } from '../domain/finding.ts'
import type { Leaderboard } from '../domain/leaderboard.ts'
import type { ReportData, ReportRun } from '../domain/report.ts'
import { isContended } from '../domain/result.ts'
import { inertText } from '../lib/inert-text.ts'
import { groupAgents } from './agent-groups.ts'
import { contributionOf } from './cells.ts'
import { hideTokens } from './hide-tokens.ts'
import { baselineTitle, collectBaselines, type Baselines, type Measurement } from './measurement.ts'
import { readCountedMetrics } from './report-metrics.ts'
import { readExcerpts } from './report-excerpts.ts'
import { publishFindings } from './report-findings.ts'
import { readAgentLog } from './report-log.ts'
import { emptyTimeline, readAttemptTimeline } from './report-timeline.ts'
import { readRunRedaction } from './run-secrets.ts'
import type { ExperimentData, RunData } from './store.ts'

export interface ReportOptions {
  readonly title: string
  readonly leaderboard: Leaderboard
  readonly protocolText: string
  /** Benchmarks whose items anyone may see. Of all others no text out of the evidence gets into the report. */
  readonly openBenchmarks: ReadonlySet<string>
  readonly logTailBytes?: number
  /** Applied to every text that an agent may have written. */
  readonly redact?: (text: string) => string
}

/** What the report page shows, from the experiments that the leaderboard was made of. Reads logs; changes nothing. */
export async function buildReport(
  experiments: readonly ExperimentData[],
  options: ReportOptions,
): Promise<ReportData> {
  const baselines = collectBaselines(experiments)
  const runs: ReportRun[] = []
  for (const group of groupAgents(experiments)) {
    for (const run of group.runs) {
      const { baseModel, benchmark } = run.spec
      const base = baselines.find('base_zero_shot', baseModel.id, benchmark.id)
      runs.push(await buildRun(run, group.id, base, options))
    }
  }
  return {
    schemaVersion: 1,
    title: options.title,
    leaderboard: options.leaderboard,
    runs: inBoardOrder(runs, options.leaderboard),
    baselines: listBaselines(baselines, options.leaderboard),
    protocolText: options.protocolText,
  }
}

function listBaselines(baselines: Baselines, board: Leaderboard): ReportData['baselines'] {
  return board.benchmarks.flatMap(({ id: benchmark }) =>
    board.baseModels.flatMap((baseModel) =>
      baselines.kinds.flatMap((kind) => {
        const found = baselines.find(kind, baseModel, benchmark)
        if (found === null) return []
        return [{ kind, label: baselineTitle(kind), baseModel, benchmark, score: found.score }]
      }),
    ),
  )
}

/** By rank of the agent, then benchmark, base model and repeat. */
function inBoardOrder(runs: readonly ReportRun[], board: Leaderboard): ReportRun[] {
  const rowOf = new Map(board.agents.map(({ id }, index) => [id, index]))
  const benchmarkOf = new Map(board.benchmarks.map(({ id }, index) => [id, index]))
  return runs.toSorted(
    (a, b) =>
      (rowOf.get(a.row) ?? 0) - (rowOf.get(b.row) ?? 0) ||
      (benchmarkOf.get(a.benchmark) ?? 0) - (benchmarkOf.get(b.benchmark) ?? 0) ||
      (a.baseModel < b.baseModel ? -1 : a.baseModel > b.baseModel ? 1 : 0) ||
      a.repeat - b.repeat ||
      (a.id < b.id ? -1 : 1),
  )
}

async function buildRun(
  run: RunData,
  row: string,
  base: Measurement | null,
  options: ReportOptions,
): Promise<ReportRun> {
  const { spec, result, state } = run
  const { hide, redact } = createRedaction(options.redact ?? hideTokens, await readRunRedaction(run.path))
  const withheld = !options.openBenchmarks.has(spec.benchmark.id)
  const contribution = contributionOf(run, base)
  const findings = run.findings?.findings ?? result?.findings ?? []
  const published = publishFindings(findings, { withheld, redact })
  const attempt = state.attempts.at(-1)?.number ?? null
  return {
    id: run.id,
    experiment: run.experiment,
    row,
    agent: spec.agent.name,
    agentConfig: spec.agent.config,
    baseModel: spec.baseModel.id,
    benchmark: spec.benchmark.id,
    budget: { hours: spec.budget.hours, gpus: spec.budget.gpus },
    repeat: run.repeat,
    seed: spec.seed,
    outcome: result === null ? null : { ...result.outcome, detail: published.text(result.outcome.detail) },
    counts: contribution.counts,
    countedScore: contribution.counts === 'missing' ? null : contribution.measurement.score.accuracy,
    ownScore: result?.ownScore ?? null,
    shadowScore: result?.shadowScore ?? null,
    baseScore: base?.score ?? null,
    ...(await readCountedMetrics(run.path, result)),
    verdicts: run.verdicts.map(({ number, verdict }) => ({
      number,
      verdict: { ...verdict, justification: published.text(verdict.justification) },
    })),
    detectors: run.findings?.detectors.map(({ id, version }) => ({ id, version })) ?? [],
    findings: published.findings,
    attempts: state.attempts.map(({ number, why, startedAt, ended }) => ({
      number,
      why,
      startedAt,
      outcome:
        ended === null || ended.outcome === null
          ? null
          : { ...ended.outcome, detail: published.text(ended.outcome.detail) },
    })),
    timeline: [...run.phases],
    ...(attempt === null
      ? emptyTimeline
      : await readAttemptTimeline(run.path, attempt, { withheld, redact })),
    limits: spec.limits,
    resources: result?.resources ?? null,
    contended: isContended(result?.resources ?? null, spec.limits),
    log: await readLog(run, attempt, findings, { withheld, hide, tailBytes: options.logTailBytes ?? 12_000 }),
    excerpts: withheld || attempt === null ? [] : await readExcerpts(run.path, attempt, findings, hide),
    withheld,
    sandbox: result?.sandbox ?? spec.sandbox,
    isolated: result?.isolated ?? true,
    death: result?.death ?? 'not_started',
    solve: result?.solve ?? null,
    modelHash: result?.modelHash ?? null,
    harnessVersion: run.harnessVersion,
  }
}

interface Redaction {
  /** Of text that is inert already. */
  readonly hide: (text: string) => string
  readonly redact: (text: string) => string
}

/** Inert first: an escape sequence in the middle would hide a credential from its pattern, and then vanish. */
function createRedaction(
  hideShapes: (text: string) => string,
  hideSecrets: (text: string) => string,
): Redaction {
  const hide = (text: string): string => hideShapes(hideSecrets(text))
  return { hide, redact: (text) => hide(inertText(text)) }
}

async function readLog(
  run: RunData,
  attempt: number | null,
  findings: readonly Finding[],
  options: {
    readonly withheld: boolean
    readonly tailBytes: number
    readonly hide: (text: string) => string
  },
): Promise<ReportRun['log']> {
  if (attempt === null) return { parts: [], note: 'The run has not been started.' }
  if (options.withheld) return { parts: [], note: "Left out: it may quote the benchmark's items." }
  return await readAgentLog(run.path, attempt, findings, options)
}
