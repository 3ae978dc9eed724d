import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { formatTimeOfDay } from '../domain/duration.ts'
import { BenchError } from '../domain/error.ts'
import { inertLine, inertText } from '../lib/inert-text.ts'
import { readExperimentFile } from '../run/plan/experiment-file.ts'
import { findLeaf } from '../run/harness.ts'
import { lockExperiment } from '../run/plan/lock.ts'
import { planExperiment } from '../run/plan/plan.ts'
import { selectSandbox } from '../run/sandbox/select-sandbox.ts'
import { readLogTail, runSchedule, type WorkItem, type WorkState } from '../run/schedule.ts'
import { schedulers } from '../schedulers/registry.ts'
import { openConfig } from './config/load-config.ts'
import { createHarness } from './harness.ts'
import { knownNames } from './known-names.ts'
import { createNotifier } from './notify.ts'
import { recordProtocol } from './recorded-protocol.ts'
import { paint, usesColour } from './render.ts'

export interface ExperimentSummary {
  /** The experiment's folder. */
  readonly path: string
  readonly interrupted: boolean
  /** Runs without a score through no fault of their agents. */
  readonly failed: number
  /** Runs and baselines whose workers could not finish them. */
  readonly stuck: number
}

/** Plans, locks and runs an experiment file, telling on stderr what happens. */
export async function runExperimentFile(options: {
  readonly file: string
  /** Instead of the nearest one. */
  readonly config?: string | undefined
  readonly results: string
  readonly what: 'all' | 'runs' | 'baselines'
}): Promise<ExperimentSummary> {
  const config = await openConfig({ near: options.file, config: options.config })
  const harness = createHarness(config)
  const catalog = await harness.catalog()
  const source = await readExperimentFile(options.file, knownNames(harness, catalog))
  const plan = await planExperiment(harness, catalog, source.experiment, source.agentPath)
  const {
    sandbox,
    probe: { flags },
  } = await selectSandbox(source.experiment.sandbox, harness.sandboxes)
  const say = createSpeaker()
  if (config !== null) say.line(`with ${config.record.path}`)
  if (!flags.isolatesFiles)
    say.line(
      say.ink(
        'yellow',
        'unisolated: agents run directly on this machine and see its files. Install bubblewrap to isolate them.',
      ),
    )
  await harness.python()
  await harness.bundles()

  const path = join(options.results, plan.name)
  await mkdir(path, { recursive: true })
  await recordProtocol(path, catalog, source.experiment.protocol)
  const locked = await lockExperiment({
    plan,
    path: resolve(path), // workers are started elsewhere
    source: source.text,
    harnessVersion: harness.version,
  })
  const items: WorkItem[] = [
    ...(options.what === 'baselines' ? [] : locked.runs),
    ...(options.what === 'runs' ? [] : locked.baselines),
  ]
  say.line(
    `${plan.name}: ${locked.runs.length} runs, ${locked.baselines.length} baselines, ${plan.slots} at a time in ${sandbox.id}`,
  )

  const notifier = await createNotifier({
    path: resolve(path),
    experiment: source.experiment,
    resolvePath: source.agentPath,
    say: (line) => say.line(line),
  })
  const interrupt = new AbortController()
  const onInterrupt = (): void => interrupt.abort()
  process.once('SIGINT', onInterrupt)
  try {
    const states = await runSchedule({
      harness,
      scheduler: findLeaf('scheduler', schedulers, source.experiment.scheduler.kind),
      items,
      slots: plan.slots,
      signal: interrupt.signal,
      onChange: (item, state, done) => {
        say.change(item, state, done, items.length)
        notifier.change(item, state)
      },
    })
    if (interrupt.signal.aborted)
      say.line(
        `interrupted: what runs goes on. \`ptb status ${path}\` shows it, \`ptb run ${options.file}\` joins it again.`,
      )
    const all = [...states.values()]
    if (!interrupt.signal.aborted) await notifier.end(all)
    const stuck = all.filter(({ status }) => status === 'stuck')
    for (const state of stuck) if (state.status === 'stuck') say.line(await describeStuck(state.log))
    return {
      path,
      interrupted: interrupt.signal.aborted,
      failed: all.filter((state) => state.status === 'finished' && state.outcome?.kind === 'infra_failure')
        .length,
      stuck: stuck.length,
    }
  } finally {
    process.off('SIGINT', onInterrupt)
  }
}

async function describeStuck(log: string): Promise<string> {
  const tail = inertText(await readLogTail(log))
  return new BenchError(`a worker could not finish; the end of ${inertLine(log)}:\n${tail}`, {
    code: 'worker/stuck',
    kind: 'environment',
  }).message
}

interface Speaker {
  readonly ink: ReturnType<typeof paint>
  line(text: string): void
  change(item: WorkItem, state: WorkState, done: number, total: number): void
}

/** One line per change, with the time since the start: plain enough for a log file. */
function createSpeaker(): Speaker {
  const ink = paint(usesColour(process.stderr))
  let started: number | undefined
  const line = (text: string): void => {
    process.stderr.write(`${text}\n`)
  }
  return {
    ink,
    line,
    change(item, state, done, total) {
      if (state.status === 'waiting') return
      started ??= performance.now()
      const seconds = Math.round((performance.now() - started) / 1000)
      const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
      const name = item.kind === 'baseline' ? `baseline ${item.id}` : item.id
      line(
        `${ink('dim', clock.padStart(6))}  ${`${done}/${total}`.padStart(7)}  ${inertLine(name).padEnd(46)} ${describe(state, ink)}`,
      )
    },
  }
}

function describe(state: WorkState, ink: ReturnType<typeof paint>): string {
  switch (state.status) {
    case 'waiting':
      return ''
    case 'running':
      return ink('dim', `${state.phase}${state.attempt > 1 ? `, attempt ${state.attempt}` : ''}`)
    case 'pausing':
      return ink('yellow', `waits until ${formatTimeOfDay(state.until)} for attempt ${state.attempt}`)
    case 'stuck':
      return ink('red', 'its worker ends without finishing it')
    case 'finished':
      if (state.outcome === null) return ink('green', 'done')
      return ink(state.outcome.kind === 'scored' ? 'green' : 'yellow', inertLine(state.outcome.reason))
  }
}
