import { existsSync, renameSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { BenchError } from '../domain/error.ts'
import type { Outcome } from '../domain/outcome.ts'
import { runFileSchema, type RunFile } from '../domain/run-spec.ts'
import { sealRecordSchema } from '../domain/seal.ts'
import type { SandboxUser } from '../domain/sandbox.ts'
import { isDiskFull } from '../lib/disk-full.ts'
import { removeTree } from '../lib/remove-tree.ts'
import type { SolveRecord } from '../domain/attempt-event.ts'
import { exitOf, writeTrajectory } from './agent/trajectory.ts'
import { findLeaf, type Harness } from './harness.ts'
import { FencedOff, openJournal, readJournal, type Journal, type OnBoundary } from './journal.ts'
import { attemptLayout, evaluationPath, runLayout } from './layout.ts'
import type { AttemptContext } from './phases/context.ts'
import { evaluateCheckpoint, parseEvaluationReceipt, splitEvaluation } from './phases/evaluate.ts'
import { detectFindings, giveVerdict } from './phases/inspect.ts'
import { prepareAttempt } from './phases/prepare.ts'
import { sealAttempt } from './phases/seal.ts'
import { InfraFailure, parseSolveRecord, solveAttempt } from './phases/solve.ts'
import { explainHopeless, planRetry } from './plan-retry.ts'
import { preparedSchema } from './prepared.ts'
import { rebuildResult } from './rebuild-result.ts'
import { isRulesChange, readRules, type Rules } from './rules.ts'
import { isAliveHere } from './worker-life.ts'
import { createSlot, defaultSlots, type Slot } from './slot.ts'
import { findingsFileSchema } from '../domain/finding.ts'
import { verdictSchema } from '../domain/verdict.ts'

const cancelPollMs = 250

export interface WorkerOptions {
  readonly harness: Harness
  readonly runPath: string
  /** Runs at a time on this machine: the run holds one of these slots from prepare to the end of evaluate. */
  readonly slots?: number
  /** The wait before the second attempt; the later ones follow from it. Default 10 s. */
  readonly firstWaitMs?: number
  /** A run that ended as `infra_failure` gets another attempt: the operator has mended what was broken. */
  readonly again?: boolean
  readonly onBoundary?: OnBoundary
}

/**
 * Walks one run through its phases. It may be killed at any moment: the next worker reads the journal and goes on
 * with what has no receipt. Resolves with the outcome, or `null` when another worker has the run. A full disk ends the
 * worker and not the attempt: what has been done is kept until there is room again.
 */
export async function runWorker(options: WorkerOptions): Promise<Outcome | null> {
  try {
    return await walkRun(options)
  } catch (error) {
    if (error instanceof FencedOff) return null
    if (isDiskFull(error)) throw diskFull(options.runPath, error)
    throw error
  }
}

async function walkRun(options: WorkerOptions): Promise<Outcome | null> {
  const { runPath } = options
  const before = await readJournal(runPath)
  const again = options.again === true && before.outcome?.kind === 'infra_failure'
  if (before.outcome !== null && !again) return before.outcome
  if (isAliveHere(before.worker)) return null
  const run = runFileSchema.parse(JSON.parse(await readFile(runLayout(runPath).runFile, 'utf8')))
  using journal = await openJournal(runPath, { onBoundary: options.onBoundary })
  // Another one may have come to the end meanwhile.
  if (journal.state.outcome !== null && !again) return journal.state.outcome
  using cancel = watchCancelRequest(runPath)
  using slot = createSlot(options.slots ?? defaultSlots(run.spec.limits))
  if (again && journal.state.outcome !== null) {
    const number = journal.state.attempts.length + 1
    journal.append({ type: 'attempt', attempt: number, why: 'tried again by the operator' })
    journal.fence()
    await rm(runLayout(runPath).result, { force: true })
  }
  for (;;) {
    const attempt = journal.state.attempts.at(-1)
    if (attempt === undefined) journal.append({ type: 'attempt', attempt: 1, why: 'first' })
    else if (attempt.ended === null) {
      const outcome = await runAttempt(options, run, journal, attempt.number, cancel.signal, slot)
      journal.append({ type: 'attempt_end', attempt: attempt.number, outcome: explainHopeless(outcome) })
      slot.release()
    } else {
      const plan = planRetry(attempt, { ...options, retries: run.infraRetries })
      if (plan.kind === 'retry') {
        await waitUntil(plan.at, cancel.signal)
        const why = attempt.ended.outcome?.reason ?? ''
        journal.append({ type: 'attempt', attempt: attempt.number + 1, why })
        continue
      }
      const result = await rebuildResult(runPath, { fence: journal.fence, state: journal.state })
      journal.append({ type: 'finished', outcome: result.outcome })
      return result.outcome
    }
  }
}

/** Ends at once when the run is cancelled: the next attempt is then cancelled before it starts. */
async function waitUntil(at: number, cancel: AbortSignal): Promise<void> {
  await sleep(Math.max(0, at - Date.now()), undefined, { signal: cancel }).catch(() => {})
}

/** Resolves with the outcome that ended the attempt early, or `null` when it went through all phases. */
async function runAttempt(
  { harness, runPath }: WorkerOptions,
  run: RunFile,
  journal: Journal,
  attempt: number,
  cancel: AbortSignal,
  slot: Slot,
): Promise<Outcome | null> {
  const rules = (): Promise<Rules> => readRules(harness, run.spec)
  const context: AttemptContext = {
    harness,
    runPath,
    run,
    attempt,
    rules,
    sandboxUser: () => slot.user(),
    fence: journal.fence,
    cancel,
  }
  const layout = attemptLayout(runPath, attempt)
  try {
    const user = findPreparedUser(journal, attempt)
    // Whoever started the agent holds the slot for as long as it runs.
    await slot.take({ signal: cancel, user, unless: () => existsSync(layout.started) })
    const prepared = await journal.effect(
      attempt,
      'prepare',
      'workspace',
      (data) => preparedSchema.parse(data),
      () => prepareAttempt(context),
    )
    const solve = await journal.effect(attempt, 'solve', 'agent', parseSolveRecord, async () => {
      const record = await solveAttempt(context, slot.lease())
      await keepTrajectory(context, record)
      return record
    })
    if (solve.end === 'cancelled') {
      await removeTree(layout.live)
      return { kind: 'cancelled', reason: 'cancelled/by_operator', detail: 'the operator cancelled the run' }
    }
    const seal = await journal.effect(
      attempt,
      'seal',
      'workspace',
      (data) => sealRecordSchema.parse(data),
      () =>
        sealAttempt({
          workspacePath: layout.live,
          modelPath: `${layout.live}/final_model`,
          attemptPath: layout.root,
          fence: journal.fence,
        }),
    )
    await removeTree(layout.live)
    await slot.take({ signal: cancel, user: prepared.user })
    await putAsidePastEvaluation(context, journal)
    const evaluation = await journal.effect(
      attempt,
      'evaluate',
      'final',
      parseNullable(parseEvaluationReceipt),
      async () => {
        if (seal.refused !== null) return null
        const { protocol } = await rules()
        return await evaluateCheckpoint({
          harness,
          path: evaluationPath(runPath, protocol.id, 1),
          modelPath: layout.finalModel,
          modelHash: seal.modelHash ?? '',
          baseModelPath: run.spec.baseModel.path,
          benchmark: run.spec.benchmark,
          protocol,
          protocolHash: run.spec.protocol.hash,
          engine: run.spec.engine,
          sandbox: findLeaf('sandbox', harness.sandboxes, prepared.sandbox),
          flags: prepared.flags,
          user: prepared.user,
          limits: run.spec.limits,
          fewShot: 0,
          sets: ['test', 'shadow', 'test_probe', 'shadow_probe'],
          signal: cancel,
          fence: journal.fence,
        })
      },
    )
    slot.release()
    const { metrics } = splitEvaluation(evaluation)
    const { findings } = await journal.effect(
      attempt,
      'inspect',
      'findings',
      (data) => findingsFileSchema.parse(data),
      () => detectFindings(context, prepared, seal, metrics),
    )
    await journal.effect(
      attempt,
      'inspect',
      'verdict',
      (data) => verdictSchema.parse(data),
      () => giveVerdict(context, findings),
    )
    return null
  } catch (error) {
    journal.fence()
    if (isDiskFull(error)) throw error
    if (cancel.aborted)
      return { kind: 'cancelled', reason: 'cancelled/by_operator', detail: 'the operator cancelled the run' }
    if (error instanceof InfraFailure) return error.outcome
    // What is sealed would be lost: the worker ends instead, and the next one goes on once the change is undone.
    if (isRulesChange(error) && journal.state.attempts.at(-1)?.receipts.has('seal/workspace')) throw error
    if (error instanceof BenchError)
      return {
        kind: 'infra_failure',
        reason: `infra_failure/${error.code.replace('/', '_')}`,
        detail: error.message,
      }
    throw error
  }
}

/** It can be made again from the log: that it cannot be made costs nobody a run. */
async function keepTrajectory(
  { harness, run, runPath, attempt, fence }: AttemptContext,
  record: SolveRecord,
): Promise<void> {
  const { agentLog, trajectory: to } = attemptLayout(runPath, attempt)
  const reader = harness.trajectoryReader(run.spec.agent.kind)
  try {
    fence()
    await writeTrajectory({ agentLog, to, reader, exit: exitOf(record) })
  } catch (error) {
    if (error instanceof FencedOff || isDiskFull(error)) throw error
    process.stderr.write(`no trajectory: ${String(error)}\n`)
  }
}

function findPreparedUser({ state }: Journal, attempt: number): SandboxUser | null {
  const known = state.attempts.find((candidate) => candidate.number === attempt)
  return preparedSchema.safeParse(known?.receipts.get('prepare/workspace')).data?.user ?? null
}

/**
 * The evaluation of an earlier attempt, cut short or finished before that attempt failed, must not be taken for this
 * one's: it is kept with the attempt that it belongs to.
 */
async function putAsidePastEvaluation(
  { rules, runPath, attempt, fence }: AttemptContext,
  { state }: Journal,
): Promise<void> {
  const evaluated = state.attempts.filter(({ intents }) => intents.has('evaluate/final'))
  const past = evaluated.at(-1)
  if (past === undefined || past.number === attempt) return
  const path = evaluationPath(runPath, (await rules()).protocol.id, 1)
  fence()
  if (existsSync(path)) renameSync(path, attemptLayout(runPath, past.number).pastEvaluation)
}

function diskFull(runPath: string, cause: unknown): BenchError {
  return new BenchError(`the disk is full: ${runPath} cannot be written to`, {
    code: 'disk/full',
    kind: 'environment',
    remedy:
      'Free some space (`ptb gc` finds what can go), then `ptb resume` the run: it goes on where it was.',
    cause,
  })
}

function parseNullable<T>(parse: (data: unknown) => T): (data: unknown) => T | null {
  return (data) => (data === null ? null : parse(data))
}

/** The operator cancels by a file, which works from any machine that sees the run directory. */
function watchCancelRequest(runPath: string): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  const path = runLayout(runPath).cancelRequest
  const look = (): void => {
    if (existsSync(path)) controller.abort(new Error('cancelled by the operator'))
  }
  look()
  const timer = setInterval(look, cancelPollMs)
  timer.unref()
  return { signal: controller.signal, [Symbol.dispose]: () => clearInterval(timer) }
}
