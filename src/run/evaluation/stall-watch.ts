/** Requests were under way, and the engine answered none of them. */
export class Stalled extends Error {
  constructor(timeoutMs: number) {
    super(`the engine answered nothing for ${timeoutMs / 1000} s`)
    this.name = 'Stalled'
  }
}

/** Tells an engine that is slow from one that hangs. */
export interface StallWatch extends Disposable {
  /** Aborted, with `Stalled`, when requests were under way for the whole time and none of them was answered. */
  readonly signal: AbortSignal
  /** Counts a request as under way until it is settled; one that the signal ended rejects with `Stalled`. */
  watch<T>(request: Promise<T>): Promise<T>
}

const defaultTimeoutMs = 3_600_000

/**
 * Any answer starts the time anew, so that one limit fits engines that answer in a second and in half an hour. Ticks are
 * counted instead of looking at a clock: while this process is stopped, the answers wait for it.
 */
export function watchForStall(timeoutMs = defaultTimeoutMs): StallWatch {
  const controller = new AbortController()
  const tickMs = Math.min(1000, Math.max(10, timeoutMs / 20))
  let underWay = 0
  let idleMs = 0
  const timer = setInterval(() => {
    idleMs = underWay === 0 ? 0 : idleMs + tickMs
    if (idleMs >= timeoutMs) controller.abort(new Stalled(timeoutMs))
  }, tickMs)
  timer.unref()
  return {
    signal: controller.signal,
    async watch(request) {
      underWay++
      try {
        return await request
      } catch (error) {
        controller.signal.throwIfAborted()
        throw error
      } finally {
        underWay--
        idleMs = 0
      }
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
