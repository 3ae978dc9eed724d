import { hostname } from 'node:os'
import type { RunState } from '../domain/journal.ts'
import { isSameProcessAlive } from '../lib/process.ts'

type Worker = RunState['worker']

/** The worker runs on this machine. */
export function isAliveHere(worker: Worker): boolean {
  return worker !== null && worker.host === hostname() && isSameProcessAlive(worker)
}

/** The worker runs here, or on another machine, where it cannot be looked for. */
export function mayBeAlive(worker: Worker): boolean {
  return worker !== null && (worker.host !== hostname() || isSameProcessAlive(worker))
}
