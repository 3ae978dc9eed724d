/** Lines that are asked for one after the other. */
export interface SpokenLines {
  readonly add: (chunk: Buffer) => void
  /** Nothing more will come. */
  readonly end: () => void
  /** The next line, or null when there is none any more. */
  readonly next: () => Promise<string | null>
}

/** @param onExceeded told when more than `maxBytes` wait to be read */
export function createSpokenLines(maxBytes: number, onExceeded: () => void): SpokenLines {
  const lines: string[] = []
  let pending: Buffer[] = []
  let unreadBytes = 0
  let ended = false
  let listener: ((line: string | null) => void) | null = null

  function deliver(): void {
    if (listener === null || (lines.length === 0 && !ended)) return
    const line = lines.shift() ?? null
    unreadBytes -= line === null ? 0 : line.length + 1
    listener(line)
    listener = null
  }

  return {
    add(chunk) {
      unreadBytes += chunk.length
      if (unreadBytes > maxBytes) return onExceeded()
      let from = 0
      for (let at = chunk.indexOf('\n'); at >= 0; at = chunk.indexOf('\n', from)) {
        lines.push(Buffer.concat([...pending, chunk.subarray(from, at)]).toString('latin1'))
        pending = []
        from = at + 1
      }
      if (from < chunk.length) pending.push(chunk.subarray(from))
      deliver()
    },
    end() {
      ended = true
      deliver()
    },
    next: () =>
      new Promise((resolve) => {
        listener = resolve
        deliver()
      }),
  }
}
