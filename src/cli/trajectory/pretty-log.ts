import { createTrajectoryReader } from '../../agents/trajectory-reader.ts'
import type { AgentExit } from '../../domain/end-reason.ts'
import type { TrajectoryFormat } from '../../domain/trajectory-format.ts'
import { paint } from '../render.ts'
import { renderSummary } from './render-summary.ts'
import { renderEntry } from './render.ts'

export interface PrettyLog {
  /** What `chunk` of an agent's log lets be shown. */
  push(chunk: Uint8Array): string
  /** The rest, and what it came to; without an exit it still goes on. */
  end(exit: AgentExit | null): string
}

/** Whoever follows a log for hours looks at it: nothing is kept but what totals need. */
const keepNothing = { wholeBytes: Infinity, steps: 0 }

/** Renders the log of an agent as it grows. Without a format, its output shows whose it is. */
export function createPrettyLog(options: {
  readonly format: TrajectoryFormat | null
  readonly colour: boolean
}): PrettyLog {
  const ink = paint(options.colour)
  const pieces: string[] = []
  const reader = createTrajectoryReader({
    format: options.format,
    limits: keepNothing,
    onEntry: (entry) => void pieces.push(renderEntry(entry, ink)),
  })
  const take = (): string => pieces.splice(0).join('')
  return {
    push(chunk) {
      reader.push(chunk)
      return take()
    },
    end(exit) {
      const { summary } = reader.end(exit ?? {})
      return `${take()}\n${renderSummary({ ...summary, dropped: 0, ...(exit === null ? { end: null } : {}) }, ink)}\n`
    },
  }
}
