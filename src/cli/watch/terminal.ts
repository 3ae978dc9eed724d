import { writeSync } from 'node:fs'
import { parseKeys, type Key } from './keys.ts'
import type { ScreenSize } from './screen.ts'

/** A whole terminal, taken over until it is disposed; then it is as it was. */
export interface Terminal extends Disposable {
  readonly hasKeys: boolean
  size(): ScreenSize
  /** Shows these lines and nothing else. Only lines that changed are written. */
  draw(lines: readonly string[]): void
}

export interface TerminalEvents {
  readonly onKey: (key: Key) => void
  /** The terminal has another size, or came back: what it shows is gone. */
  readonly onRedraw: () => void
}

/** Private modes of xterm: alternate screen 1049, cursor 25, wrapping 7; without the latter nothing can ever scroll. */
const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J'
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l'
/** Mode 2026: what is between is shown at once, where the terminal knows it. */
const begin = '\u001b[?2026h'
const end = '\u001b[?2026l'

/** Signals after which the terminal is restored before they do what they always do. */
const deadly = ['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

export function openTerminal(
  output: typeof process.stdout,
  input: typeof process.stdin,
  events: TerminalEvents,
): Terminal {
  const hasKeys = input.isTTY
  let entered = false
  let shown: readonly string[] = []

  function takeOver(): void {
    if (entered) return
    entered = true
    shown = []
    if (hasKeys) input.setRawMode(true)
    writeNow(output.fd, enter)
  }

  /** Synchronous, for it is also called when the process is about to end. */
  function restore(): void {
    if (!entered) return
    entered = false
    writeNow(output.fd, leave)
    if (hasKeys) input.setRawMode(false)
  }

  function onInput(chunk: Buffer): void {
    for (const key of parseKeys(chunk.toString('utf8'))) {
      if (key === 'suspend') suspend()
      else events.onKey(key)
    }
  }

  function suspend(): void {
    restore()
    process.kill(process.pid, 'SIGSTOP')
  }

  function onContinue(): void {
    takeOver()
    events.onRedraw()
  }

  function onResize(): void {
    shown = []
    output.write('\u001b[2J')
    events.onRedraw()
  }

  function onDeadly(signal: NodeJS.Signals): void {
    release()
    process.kill(process.pid, signal)
  }

  function release(): void {
    restore()
    for (const signal of deadly) process.off(signal, onDeadly)
    process.off('SIGTSTP', suspend)
    process.off('SIGCONT', onContinue)
    process.off('exit', restore)
    process.off('uncaughtException', restore)
    output.off('resize', onResize)
    input.off('data', onInput)
    if (hasKeys) input.pause()
  }

  for (const signal of deadly) process.on(signal, onDeadly)
  process.on('SIGTSTP', suspend)
  process.on('SIGCONT', onContinue)
  process.on('exit', restore)
  // before the message about it is printed, which would go with the screen otherwise
  process.prependListener('uncaughtException', restore)
  output.on('resize', onResize)
  if (hasKeys) input.on('data', onInput)
  takeOver()

  return {
    hasKeys,
    // some terminals say 0, which is no size
    size: () => ({ columns: output.columns || 80, rows: output.rows || 24 }),
    draw(lines) {
      // a slow line gets fewer pictures, not old ones
      if (!entered || output.writableNeedDrain) return
      const changes = Array.from({ length: Math.max(lines.length, shown.length) }, (_, row) => {
        const line = lines[row] ?? ''
        // erased first: after a line of full width the cursor stands on its last character
        return line === (shown[row] ?? '') ? '' : `\u001b[${row + 1};1H\u001b[2K${line}`
      }).join('')
      if (changes !== '') output.write(`${begin}${changes}${end}`)
      shown = [...lines]
    },
    [Symbol.dispose]: release,
  }
}

function writeNow(fd: number, text: string): void {
  try {
    writeSync(fd, text)
  } catch {
    // the terminal is gone, and with it what was to be restored
  }
}
