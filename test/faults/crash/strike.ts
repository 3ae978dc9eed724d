import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { journalLineSchema } from '../../../src/domain/journal.ts'
import { parseJsonl } from '../../../src/lib/jsonl.ts'
import { processTree } from '../../../src/lib/process-scan.ts'
import {
  isSameProcessAlive,
  parseIdentity,
  processIdentity,
  readProcessStat,
  type ProcessIdentity,
} from '../../../src/lib/process.ts'
import type { OnBoundary } from '../../../src/run/journal.ts'
import { attemptLayout, attemptsPath, runLayout } from '../../../src/run/layout.ts'

/** What can be hit, and how the processes of a run are found that are it. */
const finders = {
  worker: ({ runPath }) => readWorker(runPath),
  supervisor: ({ runPath }) => readSupervisors(runPath),
  guard: (scene) => sandboxed(scene).filter(({ pid }) => isGuard(pid)),
  engine: (scene) => engines(scene),
  run: () => identityIn(process.env['PTB_TEST_RUN'] ?? ''),
} satisfies Record<string, (scene: Scene) => readonly ProcessIdentity[]>

export type Victim = keyof typeof finders
// The keys of an object literal are what it was written with.
export const victims = Object.keys(finders) as [Victim, ...Victim[]]

interface Scene {
  readonly runPath: string
}

/** Where processes of a run come by, and, at `<process>:meanwhile`, who is alive now and then between that. */
export const tracedPointSchema = z.object({
  /** `<process>:<before|after>:<line>`. */
  point: z.string(),
  fromMs: z.number(),
  /** Later than `fromMs`, for looking who is alive takes time. */
  toMs: z.number(),
  alive: z.array(z.enum(victims)),
})
export type TracedPoint = z.infer<typeof tracedPointSchema>

export const strikeSchema = z.object({
  point: z.string(),
  victims: z.array(z.enum(victims)),
  /** From the point on, or from when `onceAlive` is. */
  delayMs: z.number().default(0),
  onceAlive: z.enum(victims).optional(),
  signal: z.enum(['SIGKILL', 'SIGSTOP']).default('SIGKILL'),
})
export type Strike = z.input<typeof strikeSchema>

export const struckSchema = z.object({ struck: z.array(z.enum(victims)) })

const lookEveryMs = 20
const meanwhileMs = 50

/**
 * The part of a process of the fake harness that hits it. `PTB_TEST_TRACE` names a file that gets every boundary that a
 * process comes by. `PTB_TEST_STRIKE` says whom to hit where, and `PTB_TEST_STRUCK` names the file that tells who was, as
 * the first process that comes there wrote it.
 */
export function createStriker(command: string, runPath: string): OnBoundary {
  const scene: Scene = { runPath }
  const { PTB_TEST_TRACE: trace, PTB_TEST_STRIKE: plan, PTB_TEST_STRUCK: mark } = process.env
  const strike = plan === undefined ? null : strikeSchema.parse(JSON.parse(plan))
  const note = (point: string): void => {
    if (trace !== undefined) appendFileSync(trace, `${JSON.stringify(look(point, scene))}\n`)
  }
  if (trace !== undefined && command !== 'run')
    setInterval(() => note(`${command}:meanwhile`), meanwhileMs).unref()
  return (when, line) => {
    const point = `${command}:${when}:${line}`
    note(point)
    if (strike === null || mark === undefined || strike.point !== point || existsSync(mark)) return
    const { delayMs, onceAlive } = strike
    if (delayMs === 0 && onceAlive === undefined) hit(strike, scene, mark)
    else if (onceAlive === undefined) setTimeout(() => hit(strike, scene, mark), delayMs)
    else {
      const timer = setInterval(() => {
        if (finders[onceAlive](scene).length === 0) return
        clearInterval(timer)
        setTimeout(() => hit(strike, scene, mark), delayMs)
      }, lookEveryMs)
      timer.unref()
    }
  }
}

function look(point: string, scene: Scene): TracedPoint {
  const fromMs = Date.now()
  const alive = victims.filter((victim) => finders[victim](scene).length > 0)
  return { point, fromMs, toMs: Date.now(), alive }
}

/** The living processes of a run that are this. */
export function findVictim(runPath: string, victim: Victim): readonly ProcessIdentity[] {
  return finders[victim]({ runPath })
}

/** All at once, as far as one process can; itself last. */
function hit(strike: z.output<typeof strikeSchema>, scene: Scene, mark: string): void {
  const found = strike.victims.map((victim) => ({ victim, processes: finders[victim](scene) }))
  const struck = found.filter(({ processes }) => processes.length > 0).map(({ victim }) => victim)
  try {
    writeFileSync(mark, JSON.stringify({ struck }), { flag: 'wx' })
  } catch {
    return // another process came here before
  }
  const pids = found.flatMap(({ processes }) => processes.map(({ pid }) => pid))
  for (const pid of pids.filter((one) => one !== process.pid)) send(pid, strike.signal)
  if (pids.includes(process.pid)) send(process.pid, strike.signal)
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // it ended meanwhile
  }
}

function readWorker(runPath: string): ProcessIdentity[] {
  const own = process.argv.includes('worker') ? processIdentity(process.pid) : null
  if (own !== null) return [own]
  const lines = parseJsonl(readText(runLayout(runPath).journal)).lines.map(({ value }) =>
    journalLineSchema.parse(value),
  )
  const last = lines.findLast((line) => line.type === 'worker')
  return last?.type === 'worker' && isSameProcessAlive(last) ? [last] : []
}

function readSupervisors(runPath: string): ProcessIdentity[] {
  const attempts = existsSync(attemptsPath(runPath)) ? readdirSync(attemptsPath(runPath)) : []
  return attempts.flatMap((name) => identityIn(readText(attemptLayout(runPath, Number(name)).started)))
}

function identityIn(text: string): ProcessIdentity[] {
  const identity = parseIdentity(text)
  return identity !== null && isSameProcessAlive(identity) ? [identity] : []
}

/** What runs in the sandboxes of a run, and what holds them. */
function sandboxed(scene: Scene): ProcessIdentity[] {
  const owners = [...readWorker(scene.runPath), ...readSupervisors(scene.runPath)]
  const trees = owners.flatMap(({ pid }) => processTree(pid))
  return [...new Map(trees.map((identity) => [identity.pid, identity])).values()]
}

/** What the guards of the worker's sandboxes have started: the supervisor's serve the agent. */
function engines(scene: Scene): ProcessIdentity[] {
  const agents = new Set(
    readSupervisors(scene.runPath).flatMap(({ pid }) => processTree(pid).map((child) => child.pid)),
  )
  return sandboxed(scene).filter(
    ({ pid }) => !agents.has(pid) && isGuard(readProcessStat(pid)?.parent ?? 0) && !isGuard(pid),
  )
}

/** As it runs, not the sandbox that was told to start it. */
function isGuard(pid: number): boolean {
  return (
    readText(join('/proc', String(pid), 'cmdline'))
      .split('\0')[1]
      ?.endsWith('/guard.mjs') === true
  )
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
