import { readFile, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type SolveEnd, type SolveRecord } from '../../domain/attempt-event.ts'
import { BenchError } from '../../domain/error.ts'
import type { LocalEngine } from '../../domain/engine.ts'
import { effectKey } from '../../domain/journal.ts'
import { runFileSchema, type RunSpec } from '../../domain/run-spec.ts'
import { createExclusive } from '../../lib/atomic-file.ts'
import { isDiskFull } from '../../lib/disk-full.ts'
import { openJsonlWriter } from '../../lib/jsonl.ts'
import { bootTimeMs, processIdentity } from '../../lib/process.ts'
import { agentLaunch, agentTurn } from './agent-launch.ts'
import { agentView, type AgentView } from './agent-view.ts'
import { openAgentOutput } from './agent-output.ts'
import { openAttemptEvents, type AttemptEvents } from './attempt-events.ts'
import { coresOf, findLeaf, findLocalEngine, type Harness } from '../harness.ts'
import { readItems } from '../items.ts'
import { readJournal, type OnBoundary } from '../journal.ts'
import { attemptLayout, runLayout, type AttemptLayout } from '../layout.ts'
import { startMonitor } from './monitor.ts'
import { readPromptTemplate, renderAgain } from './prompt.ts'
import { runTurns } from './run-turns.ts'
import { createOperatorRedactor } from '../operator-secrets.ts'
import { preparedSchema, type Prepared } from '../prepared.ts'
import { createPrograms } from '../programs/create-programs.ts'
import { readRules } from '../rules.ts'
import { pythonMounts } from '../sandbox/python-mounts.ts'
import { startSandbox, type SandboxProcess } from '../sandbox/sandbox-process.ts'
import { createScoringTools, openJudge } from '../evaluation/scoring-tools.ts'
import { settleEnd } from './settle-end.ts'
import { createSelfEvaluationService, type SelfEvaluationServiceOptions } from './self-evaluation-service.ts'
import { createSocketsFolder } from '../sandbox/sockets-folder.ts'

const defaultOutputMiB = 256
/** How long proving that everything is dead may take after the kill. */
const proveTimeoutMs = 15_000

export interface SupervisorOptions {
  readonly harness: Harness
  readonly runPath: string
  readonly attempt: number
  /** Aborted when the operator cancels. */
  readonly cancel: AbortSignal
  readonly onBoundary?: OnBoundary
}

/**
 * Owns one attempt's agent: starts it once in its sandbox, answers `./evaluate` and `./timer`, keeps its output and
 * the deadline, and does not end before everything of the agent is dead. The worker may come and go meanwhile.
 */
export async function runSupervisor(options: SupervisorOptions): Promise<void> {
  const layout = attemptLayout(options.runPath, options.attempt)
  if (!(await createExclusive(layout.started, `${JSON.stringify(processIdentity(process.pid))}\n`))) return
  using events = await openAttemptEvents(layout.events, options.onBoundary)
  try {
    const record = await superviseAgent(options, layout, events)
    events.emit({ type: 'solve_end', ...record })
  } catch (error) {
    events.emit({
      type: 'failed',
      reason: `infra_failure/${nameFailure(error)}`,
      detail: createOperatorRedactor().redact(error instanceof Error ? error.message : String(error)),
    })
    throw error
  }
}

function nameFailure(error: unknown): string {
  if (isDiskFull(error)) return 'disk_full'
  return error instanceof BenchError ? error.code.replace('/', '_') : 'supervisor_error'
}

async function superviseAgent(
  options: SupervisorOptions,
  layout: AttemptLayout,
  events: AttemptEvents,
): Promise<SolveRecord> {
  const { harness, runPath, attempt } = options
  const run = runFileSchema.parse(JSON.parse(await readFile(runLayout(runPath).runFile, 'utf8')))
  const { spec } = run
  const prepared = await readPrepared(runPath, attempt)
  const { protocol } = await readRules(harness, spec)
  const {
    benchmark,
    items: { test },
  } = await readItems(harness, spec.benchmark, protocol)
  const budgetMs = Math.round(spec.budget.hours * 3_600_000)
  const socketsPath = await createSocketsFolder(layout.root)
  const bundlesPath = (await harness.bundles()).dir
  const view = agentView({
    runPath,
    attempt,
    flags: prepared.flags,
    baseModelPath: spec.baseModel.path,
    socketsPath,
    bundlesPath,
    environmentsPath: harness.environmentsPath,
    python: prepared.python,
    pythonMounts: await pythonMounts(prepared.python),
    chatTemplate: protocol.chatTemplate,
  })
  const self = processIdentity(process.pid)
  events.emit({
    type: 'supervisor_started',
    pid: process.pid,
    startTime: self?.startTime ?? '',
    host: hostname(),
    sandbox: prepared.sandbox,
    isolated: prepared.flags.isolatesFiles,
    uid: prepared.user?.uid ?? null,
    budgetMs,
  })

  using output = openAgentOutput(layout.agentLog, {
    capBytes: (spec.limits.outputMiB ?? defaultOutputMiB) * 1024 * 1024,
    redactor: createOperatorRedactor(),
  })
  using selfEvaluations = openJsonlWriter(layout.selfEvaluations, { sync: true })
  let startBoot = bootTimeMs()
  const elapsedMs = (): number => bootTimeMs() - startBoot
  await using programs = createPrograms({
    sandbox: findLeaf('sandbox', harness.sandboxes, prepared.sandbox),
    flags: prepared.flags,
    user: prepared.user,
    python: prepared.python,
    cores: coresOf(spec.limits),
    owner: layout.root,
    signal: options.cancel,
  })
  using opened = await openJudge({
    benchmark,
    protocol,
    access: await harness.judge(),
    log: layout.selfEvaluationJudge,
    signal: options.cancel,
  })
  await using _service = await createSelfEvaluationService({
    socketPath: join(socketsPath, 'service.sock'),
    benchmark,
    protocol,
    test,
    tools: createScoringTools({
      rules: protocol.scoring,
      signal: options.cancel,
      programs,
      ...(opened === null ? {} : { judge: opened.judge }),
    }),
    ...servedBy(findLocalEngine(harness, spec.engine), { view, spec }),
    timer: () => ({ remainingMs: Math.max(0, budgetMs - elapsedMs()), budgetMs }),
    elapsedMs,
    onTrouble: ({ message }) =>
      events.emit({
        type: 'notice',
        text: `./evaluate: ${createOperatorRedactor().redact(message)}`,
      }),
    record(evaluation) {
      selfEvaluations.append(evaluation)
      events.emit({ type: 'self_evaluation', items: evaluation.items, accuracy: evaluation.accuracy })
    },
  })
  startBoot = bootTimeMs()
  const startedAt = new Date().toISOString()
  const { again } = await readPromptTemplate(spec.prompt.id)
  const launch = {
    harness,
    name: `ptb-${run.id}-${attempt}`,
    spec,
    sandbox: prepared.sandbox,
    flags: prepared.flags,
    user: prepared.user,
    view,
    socketsPath,
    bundlesPath,
    prompt: await readFile(layout.prompt, 'utf8'),
    canary: prepared.canary,
    deadlineBootMs: startBoot + budgetMs,
  }
  let guardEndedBootMs: number | null = null
  const agentProcess = await startSandbox({
    ...agentLaunch(launch),
    onOutput: (stream, chunk) => output.write(stream === 'stdout' ? 'out' : 'err', chunk),
    onEvent(event) {
      if (event.event === 'terminating' && event.why === 'deadline') guardEndedBootMs ??= event.bootMs
    },
  })
  events.emit({ type: 'agent_started' })
  const stopForLimit = new AbortController()
  using monitor = startMonitor({
    path: layout.monitor,
    process: agentProcess,
    limits: spec.limits,
    workspacePath: layout.live,
    elapsedMs,
    onLimit(limit, detail, { end }) {
      events.emit({ type: 'limit', limit, detail })
      if (end) stopForLimit.abort()
    },
    outputBytes: () => output.bytes,
    onNotice: (text) => events.emit({ type: 'notice', text }),
  })

  const turned = await runTurns({
    first: agentProcess.exited,
    policy: spec.reprompt,
    remainingMs: () => budgetMs - elapsedMs(),
    next(turn) {
      const remainingMs = Math.max(0, budgetMs - elapsedMs())
      events.emit({ type: 'turn', turn, remainingMs })
      return agentProcess.runAgain(agentTurn({ ...launch, turn, prompt: renderAgain(again, remainingMs) }))
    },
    stops: [
      untilBootTime(startBoot + budgetMs).then((): SolveEnd => 'deadline'),
      aborted(options.cancel).then((): SolveEnd => 'cancelled'),
      aborted(stopForLimit.signal).then((): SolveEnd => 'limit'),
    ],
  })
  const noticedMs = elapsedMs()
  if (turned.end === 'deadline') events.emit({ type: 'deadline' })
  if (turned.end === 'cancelled') events.emit({ type: 'cancel_requested' })
  if (turned.end !== 'finished') await agentProcess.terminate(spec.graceSeconds * 1000)
  const { usage, contention, exceeded } = monitor.summary()
  const proof = await endEverything(agentProcess)
  const { code, signal, bootMs } = await turned.exit()
  const guardEndedMs = guardEndedBootMs === null ? null : guardEndedBootMs - startBoot
  const exitedMs = bootMs === null ? null : bootMs - startBoot
  const { end, durationMs } = settleEnd(turned.end, { budgetMs, noticedMs, exitedMs, guardEndedMs })
  const death = { ...proof, tookMs: Math.max(0, elapsedMs() - Math.min(durationMs, budgetMs)) }
  if (guardEndedMs !== null)
    events.emit({ type: 'notice', text: renderHeldUp(guardEndedMs - budgetMs, noticedMs - budgetMs) })
  events.emit({ type: 'agent_exited', code, signal })
  events.emit({ type: 'death', ...death })
  await rm(socketsPath, { recursive: true, force: true })
  return {
    end: end === 'finished' && code !== 0 ? 'crashed' : end,
    exitCode: code,
    signal,
    startedAt,
    durationMs,
    death,
    outputBytes: output.bytes,
    outputDropped: output.dropped,
    turns: turned.turns,
    limits: agentProcess.limits.holders,
    exceeded,
    usage,
    contention,
  }
}

/** How `./evaluate` serves a checkpoint inside: with the same engine and template as the final evaluation. */
function servedBy(
  engine: LocalEngine,
  { view, spec }: { view: AgentView; spec: RunSpec },
): Pick<SelfEvaluationServiceOptions, 'readyTimeoutMs' | 'concurrency' | 'engineCommand'> {
  return {
    readyTimeoutMs: engine.readyTimeoutMs,
    concurrency: engine.concurrency,
    engineCommand: ({ modelPath, port, gpuMemoryShare }) =>
      engine.command({
        modelPath,
        modelName: 'submission',
        port,
        python: view.python,
        environmentPath: view.environments,
        cpus: coresOf(spec.limits),
        ...(view.chatTemplate === null ? {} : { chatTemplatePath: view.chatTemplate }),
        ...(gpuMemoryShare === undefined ? {} : { gpuMemoryShare }),
      }),
  }
}

/** Kills what is left and proves it. A seal may follow only when this has returned. */
async function endEverything(sandboxed: SandboxProcess): Promise<SolveRecord['death']> {
  const before = sandboxed.members().length
  await sandboxed.kill()
  const proof = await sandboxed.proveDead(proveTimeoutMs)
  if (proof.left.length > 0)
    throw new Error(`processes of the agent survived the kill (${proof.method}): ${proof.left.join(', ')}`)
  return { proven: proof.proven, method: proof.method, leftOver: before }
}

/** What became of the deadline while this process was stopped, or had no time. */
function renderHeldUp(guardLateMs: number, lateMs: number): string {
  const [guard, own] = [guardLateMs, lateMs].map((ms) => (ms / 1000).toFixed(1))
  return `the supervisor noticed the deadline ${own} s late; the guard ended the agent ${guard} s after it`
}

/** The receipt of the prepare phase, without which no supervisor is started; one that comes late starts no agent. */
async function readPrepared(runPath: string, attempt: number): Promise<Prepared> {
  const state = (await readJournal(runPath)).attempts.find(({ number }) => number === attempt)
  if (state?.ended != null) throw new Error('the attempt is over')
  return preparedSchema.parse(state?.receipts.get(effectKey('prepare', 'workspace')))
}

/** Resolves when the machine's boot clock reaches `bootMs`; a stopped process that goes on late notices at once. */
function untilBootTime(bootMs: number): Promise<void> {
  return new Promise((resolve) => {
    const tick = (): void => {
      const left = bootMs - bootTimeMs()
      if (left <= 0) resolve()
      else setTimeout(tick, Math.min(left, 1000)).unref()
    }
    tick()
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
