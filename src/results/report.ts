import { open } from 'node:fs/promises'
import { selfEvaluationSchema } from '../domain/evaluation.ts'
import type { Finding } from '../domain/finding.ts'
import type { Leaderboard } from '../domain/leaderboard.ts'
import type { ReportData, ReportRun } from '../domain/report.ts'
import { inertText } from '../lib/inert-text.ts'
import { readJsonl } from '../lib/jsonl.ts'
import { attemptLayout } from '../run/layout.ts'
import { groupAgents } from './agent-groups.ts'
import { contributionOf } from './cells.ts'
import { hideTokens } from './hide-tokens.ts'
import { collectBaselines, type Measurement } from './measurement.ts'
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
    protocolText: options.protocolText,
  }
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
  const hide = options.redact ?? hideTokens
  // inert first: an escape sequence in the middle would hide a credential from its pattern, and then vanish
  const redact = (text: string): string => hide(inertText(text))
  const withheld = !options.openBenchmarks.has(spec.benchmark.id)
  const contribution = contributionOf(run, base)
  const findings = run.findings?.findings ?? result?.findings ?? []
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
    outcome: result === null ? null : { ...result.outcome, detail: redact(result.outcome.detail) },
    counts: contribution.counts,
    countedScore: contribution.counts === 'missing' ? null : contribution.measurement.score.accuracy,
    ownScore: result?.ownScore ?? null,
    shadowScore: result?.shadowScore ?? null,
    baseScore: base?.score ?? null,
    verdicts: run.verdicts.map(({ number, verdict }) => ({
      number,
      verdict: { ...verdict, justification: redact(verdict.justification) },
    })),
    detectors: run.findings?.detectors.map(({ id, version }) => ({ id, version })) ?? [],
    findings: findings.map((finding) => publishFinding(finding, withheld, redact)),
    attempts: state.attempts.map(({ number, why, startedAt, ended }) => ({
      number,
      why,
      startedAt,
      outcome:
        ended === null || ended.outcome === null
          ? null
          : { ...ended.outcome, detail: redact(ended.outcome.detail) },
    })),
    timeline: [...run.phases],
    selfEvaluations: await readSelfEvaluations(run),
    ...(await readLog(run, withheld, options.logTailBytes ?? 12_000, redact)),
    withheld,
    sandbox: result?.sandbox ?? spec.sandbox,
    isolated: result?.isolated ?? true,
    death: result?.death ?? 'not_started',
    solve: result?.solve ?? null,
    modelHash: result?.modelHash ?? null,
    harnessVersion: run.harnessVersion,
  }
}

/** File, line, tensor and numbers always; the matched text and the item's name only where items are open. */
function publishFinding(finding: Finding, withheld: boolean, redact: (text: string) => string): Finding {
  return {
    ...finding,
    summary: redact(finding.summary),
    evidence: finding.evidence.map(({ item, excerpt, file, ...rest }) => ({
      ...rest,
      ...(file === undefined ? {} : { file: redact(file) }),
      ...(item === undefined || withheld ? {} : { item }),
      ...(excerpt === undefined || withheld ? {} : { excerpt: redact(excerpt) }),
    })),
  }
}

async function readSelfEvaluations(run: RunData): Promise<ReportRun['selfEvaluations']> {
  const attempt = run.state.attempts.at(-1)
  if (attempt === undefined) return []
  const lines = await readJsonl(attemptLayout(run.path, attempt.number).selfEvaluations).catch(() => null)
  return (lines?.lines ?? []).flatMap(({ value }) => {
    const parsed = selfEvaluationSchema.safeParse(value)
    if (!parsed.success) return []
    const { elapsedMs, items, accuracy, stderr } = parsed.data
    return [{ elapsedMs, items, accuracy, stderr }]
  })
}

async function readLog(
  run: RunData,
  withheld: boolean,
  tailBytes: number,
  redact: (text: string) => string,
): Promise<Pick<ReportRun, 'logTail' | 'logNote'>> {
  const attempt = run.state.attempts.at(-1)
  if (attempt === undefined) return { logTail: null, logNote: 'The run has not been started.' }
  if (withheld) return { logTail: null, logNote: "Left out: it may quote the benchmark's items." }
  const path = attemptLayout(run.path, attempt.number).agentLog
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      // a margin before the tail, so that a credential cut by its start is still seen whole
      const start = Math.max(0, size - tailBytes - 4096)
      const buffer = Buffer.alloc(size - start)
      const { bytesRead } = await file.read(buffer, 0, buffer.length, start)
      const text = redact(buffer.subarray(0, bytesRead).toString('utf8'))
      const cut = text.length > tailBytes ? text.slice(-tailBytes).replace(/^[^\n]*\n/u, '') : text
      return {
        logTail: cut,
        logNote: `${cut.length < text.length ? 'End' : 'All'} of the agent's output in attempt ${attempt.number}, ${size.toLocaleString('en')} bytes in all.`,
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return { logTail: null, logNote: missing ? 'The agent was not started.' : 'The output cannot be read.' }
  }
}
