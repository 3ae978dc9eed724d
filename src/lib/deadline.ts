export interface Deadline extends Disposable {
  /** Aborted, with a `DeadlinePassed`, when the time is up. */
  readonly signal: AbortSignal
}

export class DeadlinePassed extends Error {
  constructor(ms: number) {
    super(`there was no answer within ${ms / 1000} s`)
    this.name = 'DeadlinePassed'
  }
}

/** Ticks are counted instead of looking at a clock: while this process is stopped, the answers wait for it. */
export function startDeadline(ms: number): Deadline {
  const controller = new AbortController()
  const tickMs = Math.min(1000, Math.max(5, ms / 20))
  let leftMs = ms
  const timer = setInterval(() => {
    leftMs -= tickMs
    if (leftMs <= 0) {
      clearInterval(timer)
      controller.abort(new DeadlinePassed(ms))
    }
  }, tickMs)
  timer.unref()
  return { signal: controller.signal, [Symbol.dispose]: () => clearInterval(timer) }
}
