import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { findingsFileSchema, type Finding } from '../domain/finding.ts'
import { effectKey, type AttemptState, type RunState } from '../domain/journal.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { RunResult } from '../domain/result.ts'
import { runFileSchema, type RunFile } from '../domain/run-spec.ts'
import { sealRecordSchema, type SealRecord } from '../domain/seal.ts'
import { readVerdicts } from '../integrity/verdict.ts'
import { writeJsonAtomic } from '../lib/atomic-file.ts'
import { readJournal, type Fence } from './journal.ts'
import { attemptLayout, runLayout } from './layout.ts'
import { deriveOutcome } from './outcome.ts'
import { parseEvaluationReceipt, splitEvaluation } from './phases/evaluate.ts'
import { parseSolveRecord } from './phases/solve.ts'
import { preparedSchema } from './prepared.ts'

/** Derives `result.json` anew from the journal, the sealed evidence and the verdicts. Changes nothing else. */
export async function rebuildResult(
  runPath: string,
  {
    state,
    ...options
  }: { readonly fence?: Fence; /** As its writer knows it. */ readonly state?: RunState } = {},
): Promise<RunResult> {
  const run = runFileSchema.parse(JSON.parse(await readFile(runLayout(runPath).runFile, 'utf8')))
  const result = await deriveResult(runPath, run, state ?? (await readJournal(runPath)))
  await writeJsonAtomic(runLayout(runPath).result, result, options)
  return result
}

async function deriveResult(runPath: string, run: RunFile, state: RunState): Promise<RunResult> {
  const attempt = state.attempts.at(-1)
  const receipts = attempt?.receipts ?? new Map<string, unknown>()
  const prepared = preparedSchema.safeParse(receipts.get(effectKey('prepare', 'workspace'))).data ?? null
  const solveReceipt = receipts.get(effectKey('solve', 'agent'))
  const solve = solveReceipt === undefined ? null : parseSolveRecord(solveReceipt)
  const seal = attempt === undefined ? null : await readSeal(runPath, attempt)
  const evaluationReceipt = receipts.get(effectKey('evaluate', 'final'))
  const evaluation =
    evaluationReceipt === undefined || evaluationReceipt === null
      ? null
      : parseEvaluationReceipt(evaluationReceipt)
  const { metrics, loadFailure } = splitEvaluation(evaluation)
  const verdict = (await readVerdicts(runPath)).at(-1) ?? null
  const outcome: Outcome =
    attempt?.ended?.outcome ??
    (solve === null || seal === null
      ? {
          kind: 'infra_failure',
          reason: 'infra_failure/incomplete',
          detail: 'the run has not come to its end',
        }
      : deriveOutcome({ solve, seal, metrics, loadFailure, verdict }))
  const { spec } = run
  return {
    schemaVersion: 1,
    runId: run.id,
    experiment: run.experiment,
    agent: spec.agent.name,
    agentConfig: spec.agent.config,
    baseModel: spec.baseModel.id,
    benchmark: spec.benchmark.id,
    protocol: spec.protocol.id,
    protocolHash: spec.protocol.hash,
    budget: spec.budget,
    repeat: run.repeat,
    seed: spec.seed,
    outcome,
    ownScore: metrics?.test ?? null,
    shadowScore: metrics?.shadow ?? null,
    verdict,
    findings: await readFindings(runPath),
    modelHash: seal?.modelHash ?? null,
    attempts: state.attempts.length,
    sandbox: prepared?.sandbox ?? 'none',
    isolated: prepared?.flags.isolatesFiles ?? false,
    death: solve === null ? 'not_started' : solve.death.proven ? 'proven' : 'unproven',
    solve: {
      startedAt: solve?.startedAt ?? null,
      durationMs: solve?.durationMs ?? 0,
      exitCode: solve?.exitCode ?? null,
      ended: solve?.end ?? 'not_started',
      turns: solve?.turns ?? 0,
    },
    resources:
      solve === null
        ? null
        : {
            limits: solve.limits,
            exceeded: solve.exceeded,
            usage: solve.usage,
            contention: solve.contention,
          },
    harnessVersion: run.harnessVersion,
    finishedAt: state.updatedAt ?? run.createdAt,
  }
}

async function readSeal(runPath: string, attempt: AttemptState): Promise<SealRecord | null> {
  const path = attemptLayout(runPath, attempt.number).seal
  return existsSync(path) ? sealRecordSchema.parse(JSON.parse(await readFile(path, 'utf8'))) : null
}

async function readFindings(runPath: string): Promise<Finding[]> {
  const path = runLayout(runPath).findings
  return existsSync(path) ? findingsFileSchema.parse(JSON.parse(await readFile(path, 'utf8'))).findings : []
}
