import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { spendLineSchema, type SpendLine } from '../domain/gateway.ts'

export interface Reservation {
  /** What it did cost. Only the first call counts. */
  settle(nanoUsd: number): void
}

export type Reserved = Reservation | { readonly exceeds: 'run' | 'experiment' }

export interface Budget extends Disposable {
  /** Sets the worst case aside, or says which cap it would exceed. Throws when the file cannot be written. */
  reserve(nanoUsd: number): Reserved
  /** Settled and set aside, of all gateways. */
  spent(): { readonly runNanoUsd: number; readonly experimentNanoUsd: number }
}

export interface Caps {
  readonly runNanoUsd: number | null
  readonly experimentNanoUsd: number | null
}

/**
 * Caps on what a run and an experiment spend, kept by all their gateways together, in one file and without a lock. Lines
 * are only appended, each in one write; their order decides. A reservation counts if it fitted into its caps when
 * everything above it is counted, which every reader finds out for itself and all alike. So whatever dies when: what was
 * promised never exceeds a cap, and a reservation that nobody settles counts in full.
 */
export function openBudget(options: {
  readonly file: string
  readonly run: string
  /** Unlike every other one's. */
  readonly gateway: string
  readonly caps: Caps
}): Budget {
  const { file, run, gateway, caps } = options
  const descriptor = openSync(file, 'a+', 0o600)
  const spend = createSpend(gateway)
  const reader = createTailReader(descriptor, (line) => spend.add(line))
  let reservations = 0

  /** The line break before it keeps it apart from what somebody's crash has left of a line. */
  function write(line: SpendLine): void {
    const bytes = Buffer.from(`\n${JSON.stringify(line)}\n`)
    if (writeSync(descriptor, bytes) !== bytes.length)
      throw new Error(`only part of a line could be written to ${file}`)
  }

  return {
    reserve(nanoUsd) {
      const id = `${gateway}:${++reservations}`
      write({
        event: 'reserve',
        id,
        run,
        nanoUsd,
        runCapNanoUsd: caps.runNanoUsd,
        experimentCapNanoUsd: caps.experimentNanoUsd,
      })
      reader.read()
      const exceeds = spend.verdict(id)
      if (exceeds === 'run' || exceeds === 'experiment') return { exceeds }
      if (exceeds === undefined) throw new Error(`what was written to ${file} is not there`)
      let open = true
      return {
        settle(cost) {
          if (!open) return
          open = false
          write({ event: 'settle', id, nanoUsd: cost })
        },
      }
    },
    spent() {
      reader.read()
      return { runNanoUsd: spend.ofRun(run), experimentNanoUsd: spend.ofAll() }
    },
    [Symbol.dispose]: () => closeSync(descriptor),
  }
}

interface Spend {
  add(line: SpendLine): void
  /** Of a reservation of our own that was added: null where it fitted. */
  verdict(id: string): 'run' | 'experiment' | null | undefined
  ofRun(run: string): number
  ofAll(): number
}

/** The fold over the file. */
function createSpend(gateway: string): Spend {
  const runs = new Map<string, number>()
  const open = new Map<string, { readonly run: string; readonly nanoUsd: number }>()
  /** The last one of our own: each is asked for before the next is written. */
  let refused: { readonly id: string; readonly by: 'run' | 'experiment' } | null = null
  let all = 0
  const ofRun = (run: string): number => runs.get(run) ?? 0
  const spend = (run: string, nanoUsd: number): void => {
    runs.set(run, ofRun(run) + nanoUsd)
    all += nanoUsd
  }
  return {
    add(line) {
      if (line.event === 'reserve') {
        const { id, run, nanoUsd, runCapNanoUsd, experimentCapNanoUsd } = line
        if (open.has(id)) return
        const exceedsRun = ofRun(run) + nanoUsd > (runCapNanoUsd ?? Infinity)
        if (exceedsRun || all + nanoUsd > (experimentCapNanoUsd ?? Infinity)) {
          if (id.startsWith(`${gateway}:`)) refused = { id, by: exceedsRun ? 'run' : 'experiment' }
          return
        }
        open.set(id, { run, nanoUsd })
        spend(run, nanoUsd)
        return
      }
      const reserved = open.get(line.id)
      if (reserved === undefined) return
      open.delete(line.id)
      spend(reserved.run, line.nanoUsd - reserved.nanoUsd)
    },
    verdict(id) {
      if (open.has(id)) return null
      return refused?.id === id ? refused.by : undefined
    },
    ofRun,
    ofAll: () => all,
  }
}

/** Calls back for every whole line that was not read before; what is no line of ours is passed over. */
function createTailReader(descriptor: number, onLine: (line: SpendLine) => void): { read(): void } {
  const buffer = Buffer.alloc(64 * 1024)
  let position = 0
  let pending = ''
  return {
    read() {
      for (;;) {
        const count = readSync(descriptor, buffer, 0, buffer.length, position)
        if (count === 0) return
        position += count
        // ASCII alone: ids and runs are escaped where they are not
        const lines = (pending + buffer.toString('latin1', 0, count)).split('\n')
        pending = lines.pop() ?? ''
        for (const text of lines) {
          const line = text === '' ? null : parseLine(text)
          if (line !== null) onLine(line)
        }
      }
    },
  }
}

function parseLine(text: string): SpendLine | null {
  try {
    return spendLineSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
