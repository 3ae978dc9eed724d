import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Outcome } from '../domain/outcome.ts'
import { resultSchema } from '../domain/result.ts'
import { runFileSchema } from '../domain/run-spec.ts'
import { triageSources, type TriageRule, type TriageSource } from '../domain/triage.ts'
import { inertLine } from '../lib/inert-text.ts'
import { mapConcurrently } from '../lib/map-concurrently.ts'
import { readLastLines } from '../lib/plain-file.ts'
import { readJournal } from '../run/journal.ts'
import { attemptLayout, evaluationPath, runLayout } from '../run/layout.ts'
import { hideTokens } from './hide-tokens.ts'

/** An attempt that failed, or a finished run without a score. */
export interface TriageCase {
  readonly experiment: string
  readonly run: string
  readonly attempt: number
  readonly outcome: Outcome
  /** The run ended with it; otherwise another attempt has followed or will. */
  readonly final: boolean
  /** `null`: no rule fits. */
  readonly rule: TriageRule | null
  readonly evidence: Evidence | null
}

/** The line that a rule was found by; the last ones where no rule fits. Made inert, without credentials. */
interface Evidence {
  readonly source: TriageSource
  readonly lines: readonly string[]
}

export interface TriageGroup {
  readonly rule: TriageRule | null
  /** The first one that is final, if any is. */
  readonly example: TriageCase
  readonly cases: readonly TriageCase[]
}

export interface Triage {
  readonly finished: number
  readonly groups: readonly TriageGroup[]
  /** Runs of which nothing can be said, with the reason. */
  readonly unreadable: readonly { readonly run: string; readonly why: string }[]
}

type Logs = Readonly<Record<TriageSource, readonly string[]>>

/** Of each log, from its end. An agent that met a problem long before its end has got over it. */
const tailBytes = 16 * 1024
const maxLineLength = 300
const unknownLines = 4
const concurrency = 8

/** Reads the runs below experiments' folders and sorts what went wrong by `rules`. Changes nothing. */
export async function readTriage(
  experiments: readonly string[],
  rules: readonly TriageRule[],
): Promise<Triage> {
  const folders = (await Promise.all(experiments.map(listRuns))).flat()
  const found = new Map<string, { finished: boolean; cases: readonly TriageCase[] }>()
  const unreadable = new Map<string, { run: string; why: string }>()
  await mapConcurrently(folders, concurrency, async ({ id, path }) => {
    try {
      found.set(path, await readCases(path, rules))
    } catch (error) {
      unreadable.set(path, {
        run: id,
        why: inertLine(error instanceof Error ? error.message : String(error)),
      })
    }
  })
  // in the order of the folders, whichever was read first
  const runs = folders.flatMap(({ path }) => found.get(path) ?? [])
  return {
    finished: runs.filter(({ finished }) => finished).length,
    groups: groupCases(runs.flatMap(({ cases }) => cases)),
    unreadable: folders.flatMap(({ path }) => unreadable.get(path) ?? []),
  }
}

/** By rule, and what no rule fits by reason; those that ended the most runs first. */
function groupCases(cases: readonly TriageCase[]): TriageGroup[] {
  const groups = Map.groupBy(cases, ({ rule, outcome }) =>
    rule === null ? outcome.reason : `rule ${rule.id}`,
  )
  return [...groups.values()]
    .flatMap((cases) => {
      const example = cases.find(({ final }) => final) ?? cases[0]
      return example === undefined ? [] : [{ rule: example.rule, example, cases }]
    })
    .sort((a, b) => countFinal(b) - countFinal(a) || b.cases.length - a.cases.length)
}

export function countFinal({ cases }: TriageGroup): number {
  return cases.filter(({ final }) => final).length
}

/** The first rule that fits, and the last line that it was found by. */
export function classify(
  outcome: Outcome,
  logs: Logs,
  rules: readonly TriageRule[],
): Pick<TriageCase, 'rule' | 'evidence'> {
  for (const rule of rules) {
    if (!rule.reasons.some((pattern) => matches(pattern, outcome.reason))) continue
    if (rule.texts === undefined || rule.in === undefined) return { rule, evidence: null }
    const texts = rule.texts.map((text) => text.toLowerCase())
    for (const source of rule.in) {
      const line = logs[source].findLast((candidate) => {
        const lower = candidate.toLowerCase()
        return texts.some((text) => lower.includes(text))
      })
      if (line !== undefined) return { rule, evidence: { source, lines: [showLine(line)] } }
    }
  }
  const sources = triageSources.filter((source) => source !== 'detail' && logs[source].length > 0)
  // of a failure of ours the harness's own words come first
  const source = outcome.kind === 'infra_failure' ? sources[0] : sources.at(-1)
  const evidence =
    source === undefined ? null : { source, lines: logs[source].slice(-unknownLines).map(showLine) }
  return { rule: null, evidence }
}

function matches(pattern: string, reason: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[^\w/]/gu, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`, 'u').test(reason)
}

function showLine(line: string): string {
  const shown = hideTokens(inertLine(line)).trim()
  return shown.length <= maxLineLength ? shown : `${shown.slice(0, maxLineLength)}…`
}

async function listRuns(experiment: string): Promise<{ id: string; path: string }[]> {
  const entries = await readdir(join(experiment, 'runs'), { withFileTypes: true }).catch(() => [])
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return names.sort().map((id) => ({ id, path: join(experiment, 'runs', id) }))
}

const shownRunSchema = runFileSchema.pick({ id: true, experiment: true }).extend({
  spec: runFileSchema.shape.spec.pick({ protocol: true }),
})
const shownResultSchema = resultSchema.pick({ outcome: true })

async function readCases(
  path: string,
  rules: readonly TriageRule[],
): Promise<{ finished: boolean; cases: readonly TriageCase[] }> {
  const layout = runLayout(path)
  const runText = await readFile(layout.runFile, 'utf8').catch(() => null)
  // a folder that `ptb run` is just making, or was killed at
  if (runText === null) return { finished: false, cases: [] }
  const run = shownRunSchema.parse(JSON.parse(runText))
  const { attempts, outcome } = await readJournal(path)
  const last = attempts.at(-1)?.number ?? 0
  const failed = attempts.flatMap(({ number, ended }) =>
    ended?.outcome?.kind === 'infra_failure'
      ? [{ attempt: number, outcome: ended.outcome, final: outcome !== null && number === last }]
      : [],
  )
  const end = outcome === null ? null : ((await readOutcome(layout.result)) ?? outcome)
  const ended =
    end === null || end.kind === 'scored' || failed.at(-1)?.final === true
      ? []
      : [{ attempt: last, outcome: end, final: true }]
  const cases: TriageCase[] = []
  for (const one of [...failed, ...ended]) {
    const logs = await readLogs(path, {
      ...one,
      last: one.attempt === last,
      protocol: run.spec.protocol.id,
    })
    const known = { experiment: run.experiment, run: run.id, ...one }
    cases.push({ ...known, ...classify(one.outcome, logs, rules) })
  }
  return { finished: outcome !== null, cases }
}

/** The result knows verdicts that were given after the end; the journal does not. */
async function readOutcome(path: string): Promise<Outcome | null> {
  try {
    return shownResultSchema.parse(JSON.parse(await readFile(path, 'utf8'))).outcome
  } catch {
    return null
  }
}

/** The logs of a run are shared by its attempts: their ends are the last one's. */
async function readLogs(
  path: string,
  about: {
    readonly attempt: number
    readonly outcome: Outcome
    readonly last: boolean
    readonly protocol: string
  },
): Promise<Logs> {
  const attempt = attemptLayout(path, about.attempt)
  const ofRun = (file: string): Promise<string[]> | string[] =>
    about.last ? readLastLines(file, tailBytes) : []
  return {
    detail: [about.outcome.detail],
    'worker.log': await ofRun(runLayout(path).workerLog),
    'supervisor.log': await readLastLines(attempt.supervisorLog, tailBytes),
    'engine.log': await ofRun(join(evaluationPath(path, about.protocol, 1), 'engine.log')),
    'agent.log': await readLastLines(attempt.agentLog, tailBytes),
  }
}
