import type { Experiment } from '../domain/experiment.ts'
import { readNotifyFile, sendNotification, writeNotifyFile } from '../run/notify.ts'
import type { WorkItem, WorkState } from '../run/schedule.ts'

export interface ExperimentNotifier {
  change(item: WorkItem, state: WorkState): void
  /** To be called when nothing is left to do. */
  end(states: readonly WorkState[]): Promise<void>
}

/** What `ptb run` tells the operator's command. A failure is one line, and nothing else. */
export async function createNotifier(options: {
  /** The experiment's folder. */
  readonly path: string
  readonly experiment: Experiment
  /** Paths in the experiment file are relative to it. */
  readonly resolvePath: (path: string) => string
  readonly say: (line: string) => void
}): Promise<ExperimentNotifier> {
  const { path, experiment, say } = options
  const known = await readNotifyFile(path)
  const [program = '', ...args] = experiment.notify?.command ?? []
  const notify =
    experiment.notify === undefined
      ? null
      : {
          ...experiment.notify,
          command: [program.includes('/') ? options.resolvePath(program) : program, ...args],
        }
  let pending = known?.endPending ?? false
  const write = (): Promise<void> => writeNotifyFile(path, { notify, endPending: pending })
  if (notify !== null || known !== null) await write()
  const open: Promise<unknown>[] = []

  async function tell(about: Parameters<typeof sendNotification>[1]): Promise<void> {
    if (notify === null) return
    const failure = await sendNotification(notify, about)
    if (failure !== null) say(failure)
  }

  return {
    change(item, state) {
      if (notify === null) return
      if (state.status !== 'finished' && !pending) {
        pending = true
        open.push(write().catch(() => {}))
      }
      if (state.status === 'stuck')
        open.push(
          tell({ event: 'stuck', experiment: experiment.name, run: item.id, outcome: null, counts: null }),
        )
    },
    async end(states) {
      await Promise.all(open)
      if (!pending) return
      const count = (test: (state: WorkState) => boolean): number => states.filter(test).length
      await tell({
        event: 'experiment_finished',
        experiment: experiment.name,
        run: null,
        outcome: null,
        counts: {
          total: states.length,
          finished: count(({ status }) => status === 'finished'),
          failed: count((state) => state.status === 'finished' && state.outcome?.kind === 'infra_failure'),
          stuck: count(({ status }) => status === 'stuck'),
        },
      })
      pending = false
      await write().catch(() => {})
    },
  }
}
