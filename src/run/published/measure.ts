import { chown, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Protocol } from '../../domain/protocol.ts'
import { insidePath } from '../../domain/sandbox.ts'
import { inertLine } from '../../lib/inert-text.ts'
import { bootTimeMs } from '../../lib/process.ts'
import { removeTree } from '../../lib/remove-tree.ts'
import { createTail } from '../../lib/tail.ts'
import { startSandbox, type PayloadExit } from '../sandbox/sandbox-process.ts'
import { createSocketsFolder } from '../sandbox/sockets-folder.ts'
import { programLaunch, programMounts, type ProgramLaunchOptions } from './program-launch.ts'
import { readProgramMetrics, type ProgramMetrics } from './read-metrics.ts'
import { copyTaskFiles, type TaskFolder } from './task-folder.ts'
import { writeTemplates } from './templates.ts'

/** `workPath` is made for this and removed afterwards. */
export interface MeasureOptions extends ProgramLaunchOptions {
  readonly folder: TaskFolder
  readonly protocol: Pick<Protocol, 'templateDate'>
  readonly signal: AbortSignal
}

export type Measured = (
  | { readonly metrics: ProgramMetrics; readonly failure: null }
  | { readonly metrics: null; readonly failure: MeasureFailure }
) & {
  /** The end of what it printed. */
  readonly log: string
}

export interface MeasureFailure {
  /** Of the run, if the base model can be measured. */
  readonly reason: `no_model/${string}`
  readonly detail: string
}

const maxLogBytes = 4 * 1024 * 1024
const proveTimeoutMs = 15_000
/** This process ends what takes too long; the guard does if this one was stopped meanwhile. */
const guardSlackMs = 30_000

/**
 * Runs `evaluate.py` on a checkpoint. It may read that, its own folder and templates, and write to the folder that it starts
 * in; all that is taken from there, once everything is dead, is `metrics.json`. As in the published system that file alone
 * decides: an engine that fails while it is shut down takes no score away.
 */
export async function measure(options: MeasureOptions): Promise<Measured> {
  const { program, workPath, signal } = options
  signal.throwIfAborted()
  await removeTree(workPath)
  const socketDir = await createSocketsFolder(workPath)
  const timeoutMs = program.timeoutHours * 3_600_000
  const log = createTail(maxLogBytes)
  try {
    await layOut(options)
    const deadlineBootMs = bootTimeMs() + timeoutMs + guardSlackMs
    const running = await startSandbox({
      ...(await programLaunch(options, { socketDir, deadlineBootMs })),
      onOutput: (_, chunk) => log.write(chunk),
      onEvent: () => {},
    })
    const end = await waitForEnd(running.exited, { timeoutMs, signal })
    const kills = running.limits.cgroup?.usage().outOfMemoryKills ?? 0
    await running.kill()
    const { left, method } = await running.proveDead(proveTimeoutMs)
    if (left.length > 0) throw new Error(`processes survived the kill (${method}): ${left.join(', ')}`)
    signal.throwIfAborted()
    const metrics = await readProgramMetrics(join(programMounts(workPath).out.source, 'metrics.json'))
    if (typeof metrics !== 'string') return { metrics, failure: null, log: log.text() }
    const ended =
      end === null
        ? `it was stopped after ${program.timeoutHours} h`
        : `it ended with ${end.signal ?? `exit code ${end.code}`}${kills > 0 ? ' for want of memory' : ''}`
    const reason = end === null ? 'no_model/evaluation_timed_out' : 'no_model/evaluation_failed'
    const detail = `evaluate.py gave no score: ${ended}, and ${metrics}${lastWords(log.text())}`
    return { metrics: null, failure: { reason, detail }, log: log.text() }
  } finally {
    await removeTree(socketDir)
    await removeTree(workPath)
  }
}

async function layOut({ folder, flags, user, workPath, protocol }: MeasureOptions): Promise<void> {
  const { task, templates, out } = programMounts(workPath)
  await mkdir(out.source, { recursive: true })
  await copyTaskFiles(
    folder,
    folder.files.map((file) => ({ ...file, target: join(task.source, file.path) })),
  )
  await writeTemplates(templates.source, protocol)
  // Programs of the format start in their own folder: what they name from there is found, and what they write goes to `out`.
  const names = new Set(folder.files.map(({ path }) => path.split('/')[0] ?? ''))
  names.delete('metrics.json')
  for (const name of names) await symlink(join(insidePath(flags, task), name), join(out.source, name))
  if (user !== null) await chown(out.source, user.uid, user.gid)
}

/** Null when the time was up, or nobody waits for it any more. */
async function waitForEnd(
  exited: Promise<PayloadExit>,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<PayloadExit | null> {
  const over = Promise.withResolvers<null>()
  const stop = (): void => over.resolve(null)
  const timer = setTimeout(stop, timeoutMs)
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    return await Promise.race([exited, over.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

function lastWords(log: string): string {
  const line = inertLine(log.trimEnd().split('\n').at(-1) ?? '').slice(0, 500)
  return line === '' ? '' : `; its last words: ${line}`
}
