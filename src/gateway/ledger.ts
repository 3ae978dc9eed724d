import type { LedgerLine } from '../domain/gateway.ts'
import { openJsonlWriter } from '../lib/jsonl.ts'

export interface Ledger extends Disposable {
  /** Throws when the line cannot be written: then what it is about must not happen. */
  require(line: LedgerLine): void
  /** Of what has happened: a line that cannot be written is kept until it can. */
  record(line: LedgerLine): void
  /** Of what costs nothing: beyond `freeLines` of them they are counted only. */
  mention(line: LedgerLine): void
  uncounted(): number
}

/** One line per request, in a file that nobody else writes. Lines outlive this process, not a crash of the machine. */
export function openLedger(path: string, freeLines: number): Ledger {
  const writer = openJsonlWriter(path, { sync: false })
  let unwritten: LedgerLine[] = []
  let free = 0
  let uncounted = 0

  function flush(): void {
    while (unwritten[0] !== undefined) {
      writer.append(unwritten[0])
      unwritten = unwritten.slice(1)
    }
  }

  function record(line: LedgerLine): void {
    unwritten.push(line)
    try {
      flush()
    } catch {
      // the disk is full: nothing more is sent until it is not
    }
  }

  return {
    require(line) {
      flush()
      writer.append(line)
    },
    record,
    mention(line) {
      if (free++ < freeLines) record(line)
      else uncounted++
    },
    uncounted: () => uncounted,
    [Symbol.dispose]() {
      writer[Symbol.dispose]()
    },
  }
}
