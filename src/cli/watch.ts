import { setTimeout as sleep } from 'node:timers/promises'
import { BenchError, exitCodes } from '../domain/error.ts'
import { inertLine } from '../lib/inert-text.ts'
import { usesColour } from './render.ts'
import { listChanges, renderChange } from './watch/changes.ts'
import { scrollBy } from './watch/keys.ts'
import { createScreenReader, type Screen } from './watch/read-screen.ts'
import { renderScreen } from './watch/screen.ts'
import { summarise } from './watch/summarise.ts'
import { openTerminal } from './watch/terminal.ts'

const everyMs = 1000

export interface WatchOptions {
  /** An experiment's folder, or a folder of experiments. */
  readonly path: string
  readonly json: boolean
  /** Goes on when everything is finished. */
  readonly stay: boolean
}

/** Shows runs until all have finished: as a screen on a terminal, else as one line per change. Returns the exit code. */
export async function watchRuns(options: WatchOptions): Promise<number> {
  const reader = createScreenReader(options.path)
  const first = await reader.read()
  if (!options.stay && first.runs.length + first.unreadable.length === 0)
    throw new BenchError(`there are no runs in ${options.path}`, {
      code: 'watch/empty',
      kind: 'usage',
      remedy: "Name an experiment's folder, such as results/demo, or wait for runs to come with --stay.",
    })
  const source: Source = { first, read: () => reader.read() }
  return process.stdout.isTTY && !options.json
    ? await watchOnScreen(source, options)
    : await watchInLines(source, options)
}

interface Source {
  readonly first: Screen
  readonly read: () => Promise<Screen>
}

async function watchInLines(source: Source, options: WatchOptions): Promise<number> {
  let before: Screen | null = null
  const told = new Set<string>()
  for (let screen = source.first; ; screen = await source.read()) {
    for (const change of listChanges(before, screen))
      process.stdout.write(`${options.json ? JSON.stringify(change) : renderChange(change)}\n`)
    for (const { id, why } of screen.unreadable) {
      if (!told.has(id)) process.stderr.write(`${inertLine(`${id} cannot be read: ${why}`)}\n`)
      told.add(id)
    }
    if (summarise(screen).over && !options.stay) return exitCodeFor(screen)
    before = screen
    await sleep(everyMs)
  }
}

async function watchOnScreen(source: Source, options: WatchOptions): Promise<number> {
  let screen = source.first
  let scroll = 0
  let stop: 'quit' | 'interrupt' | null = null
  const wake = new AbortController()
  const end = (why: 'quit' | 'interrupt'): void => {
    stop ??= why
    wake.abort()
  }
  const onInterrupt = (): void => end('interrupt')
  process.on('SIGINT', onInterrupt)
  const colour = usesColour(process.stdout)
  let size = { columns: 80, rows: 24 }
  try {
    using terminal = openTerminal(process.stdout, process.stdin, {
      onKey(key) {
        if (key === 'quit' || key === 'interrupt') return end(key)
        scroll = scrollBy(key, scroll, Math.max(1, terminal.size().rows - 8))
        draw()
      },
      onRedraw: () => draw(),
    })
    const draw = (): void => {
      size = terminal.size()
      const rendered = renderScreen(screen, {
        ...size,
        colour,
        scroll,
        ...(terminal.hasKeys ? { keys: 'q quits, j and k scroll' } : {}),
      })
      scroll = rendered.scroll
      terminal.draw(rendered.lines)
    }
    for (;;) {
      draw()
      if (stop !== null || (summarise(screen).over && !options.stay)) break
      await sleep(everyMs, undefined, { signal: wake.signal }).catch(() => {})
      if (stop === null) screen = await source.read()
    }
  } finally {
    process.off('SIGINT', onInterrupt)
  }
  // what was seen last stays on the terminal
  const { lines } = renderScreen(screen, { ...size, rows: size.rows - 1, colour })
  process.stdout.write(`${lines.join('\n')}\n`)
  if (stop === 'interrupt') return exitCodes.interrupted
  return exitCodeFor(screen)
}

/** A run without a score through no fault of its agent, or one that nobody can read, is for somebody to look at. */
function exitCodeFor({ runs, unreadable }: Screen): number {
  const failed = runs.some(({ outcome }) => outcome?.kind === 'infra_failure')
  return failed || unreadable.length > 0 ? exitCodes.runsFailed : exitCodes.ok
}
