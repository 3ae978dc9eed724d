import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunResult } from '../../src/domain/result.ts'
import { createRng } from '../../src/lib/rng.ts'
import { readJournal } from '../../src/run/journal.ts'
import { createLife, type Life } from '../life/rig.ts'
import {
  struckSchema,
  tracedPointSchema,
  victims,
  type Strike,
  type TracedPoint,
  type Victim,
} from './crash/strike.ts'

/** A short agent that hands in what scores, slowly enough to be hit in between, and says that it was started. */
const solve = `echo started; ./timer; save true true
sed -i 's/}$/,"delayMs":30}/' final_model/config.json
./evaluate --limit 2 || true; echo done`

export function shortLife(sandbox: string): Promise<Life> {
  return createLife({ sandbox, solve, infraRetries: 2, budgetSeconds: 60 })
}

/** A run that nobody disturbs: where its processes come by, and what it comes to. */
export async function traceRun(sandbox: string): Promise<{ points: TracedPoint[]; result: RunResult }> {
  await using life = await shortLife(sandbox)
  const trace = join(life.runPath, '..', 'trace')
  await once(life.startRun({ PTB_TEST_TRACE: trace }), 'exit')
  const lines = (await readFile(trace, 'utf8')).trimEnd().split('\n')
  const points = lines.map((line) => tracedPointSchema.parse(JSON.parse(line)))
  // those of a supervisor and a worker may fall together
  return { points: points.sort((a, b) => a.fromMs - b.fromMs), result: await life.result() }
}

/** At every boundary, everyone who is alive there, alone and together: a new effect is among them by itself. */
export function planStrikes(points: readonly TracedPoint[]): Strike[] {
  return points
    .filter(isBoundary)
    .flatMap(({ point, alive }) => groupsOf(alive).map((who) => ({ point, victims: who })))
}

export function isBoundary({ point }: TracedPoint): boolean {
  return !point.endsWith(':meanwhile')
}

const pairs = [
  ['worker', 'supervisor'],
  ['worker', 'engine'],
] as const

function groupsOf(alive: readonly Victim[]): Victim[][] {
  return [
    ...alive.map((victim) => [victim]),
    ...pairs
      .filter((pair) => alive.length > 2 && pair.every((victim) => alive.includes(victim)))
      .map((pair) => [...pair]),
    ...(alive.length > 1 ? [[...alive]] : []),
  ]
}

export interface InstantOptions {
  readonly seed: number
  /** Between two boundaries of a process, where it does the work of an effect; between others there is one. */
  readonly perEffect: number
}

/** At random instants between two boundaries of the same process: within whatever has several steps. */
export function planInstants(points: readonly TracedPoint[], options: InstantOptions): Strike[] {
  const rng = createRng(options.seed)
  return ['worker', 'supervise'].flatMap((process) => {
    const own = points.filter((one) => one.point.startsWith(`${process}:`) && isBoundary(one))
    return own.slice(1).flatMap((next, index) => {
      const from = own[index]
      if (from === undefined || !from.point.includes(':after:')) return []
      const within = points.filter(({ fromMs }) => fromMs >= from.fromMs && fromMs <= next.fromMs)
      const alive = victims.filter((victim) => within.some((one) => one.alive.includes(victim)))
      const groups = groupsOf(alive).filter((group) => group.join() !== 'run')
      const count = from.point.includes(':intent ') ? options.perEffect : 1
      const start = rng.int(0, groups.length - 1)
      return Array.from({ length: count }, (_, nth): Strike => {
        const who = groups[(start + nth) % groups.length] ?? []
        const delayMs = Math.round(rng.next() * (next.fromMs - from.toMs))
        // an engine is there for a part of the time only
        return who.includes('engine')
          ? { point: from.point, victims: who, onceAlive: 'engine', delayMs: Math.round(delayMs / 2) }
          : { point: from.point, victims: who, delayMs }
      })
    })
  })
}

export interface Survival {
  readonly result: RunResult
  /** Who was alive to be hit. */
  readonly struck: readonly Victim[]
  /** How often an agent was started in each attempt. */
  readonly starts: readonly number[]
  /** Whether the first attempt's supervisor lived to say how the agent ended. */
  readonly endIsKnown: boolean
  readonly failures: readonly string[]
  /** What stands in the place of the run's files when nobody goes on with it. */
  readonly finished: boolean
}

/** A run that is hit once, and then goes on: by `ptb run`, where that lives on, or by the operator's next one. */
export async function surviveStrike(sandbox: string, strike: Strike): Promise<Survival> {
  await using life = await shortLife(sandbox)
  const mark = join(life.runPath, '..', 'struck')
  await once(life.startRun({ PTB_TEST_STRIKE: JSON.stringify(strike), PTB_TEST_STRUCK: mark }), 'exit')
  await untilThere(mark, strike.point)
  if ((await readJournal(life.runPath)).outcome === null) await once(life.startRun(), 'exit')
  const { attempts, outcome } = await readJournal(life.runPath)
  const starts = await Promise.all(
    attempts.map(async ({ number }) => ((await life.agentLog(number)).match(/ out started$/gm) ?? []).length),
  )
  return {
    result: await life.result(),
    struck: struckSchema.parse(JSON.parse(await readFile(mark, 'utf8'))).struck,
    starts,
    endIsKnown: (await life.events(1)).some(({ type }) => type === 'solve_end'),
    failures: attempts.flatMap(({ ended }) => ended?.outcome?.reason ?? []),
    finished: outcome !== null,
  }
}

/** A process may come to the end of its run before its instant. */
async function untilThere(mark: string, point: string): Promise<void> {
  for (const end = Date.now() + 10_000; !existsSync(mark); await sleep(20))
    if (Date.now() > end) throw new Error(`nothing came to ${point}`)
}

export function nameStrike({ point, victims: who, delayMs, onceAlive }: Strike): string {
  const later = delayMs === undefined ? '' : ` + ${delayMs} ms`
  return `${who.join(' + ')} at ${point}${onceAlive === undefined ? '' : ` and a live ${onceAlive}`}${later}`
}

/** What two runs must have in common; times and usage are their own. */
export function essence(result: RunResult): unknown {
  const { finishedAt: _at, solve: how, resources: _used, attempts: _tries, verdict, ...rest } = result
  const { startedAt: _start, durationMs: _took, ...ended } = how
  return { ...rest, solve: ended, verdict: verdict === null ? null : { ...verdict, at: '' } }
}
