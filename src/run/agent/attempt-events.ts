import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import {
  attemptEventLineSchema,
  type AttemptEvent,
  type AttemptEventLine,
} from '../../domain/attempt-event.ts'
import { isDiskFull } from '../../lib/disk-full.ts'
import { openJsonlWriter, readJsonl, type JsonlWriter } from '../../lib/jsonl.ts'
import type { OnBoundary } from '../journal.ts'
import { partialSuffix } from '../layout.ts'

export interface AttemptEvents extends Disposable {
  /** On a full disk an event waits for room; a last one, after which the agent is dead, gets it. */
  emit(event: AttemptEvent): void
}

/** Room for the last events of an attempt, so that an agent that fills the disk cannot keep its end from being told. */
const reservedBytes = 64 * 1024

/** The only writer of an attempt's `events.jsonl`. */
export async function openAttemptEvents(
  path: string,
  onBoundary: OnBoundary = () => {},
): Promise<AttemptEvents> {
  const { lines } = await readJsonl(path)
  let seq = lines.length
  const writer: JsonlWriter = openJsonlWriter(path, { sync: true })
  const reserve = `${path}${partialSuffix}`
  // no zeros, for which some file systems keep no room
  writeFileSync(reserve, randomBytes(reservedBytes), { flush: true })
  const waiting: AttemptEventLine[] = []
  const write = (): void => {
    for (let line = waiting[0]; line !== undefined; line = waiting[0]) {
      writer.append(line)
      waiting.shift()
    }
  }
  return {
    emit: (event) => {
      onBoundary('before', event.type)
      waiting.push(attemptEventLineSchema.parse({ seq: ++seq, at: new Date().toISOString(), ...event }))
      try {
        write()
      } catch (error) {
        if (!isDiskFull(error)) throw error
        if (event.type === 'solve_end' || event.type === 'failed') {
          rmSync(reserve, { force: true })
          write()
        }
      }
      onBoundary('after', event.type)
    },
    [Symbol.dispose]() {
      writer[Symbol.dispose]()
      rmSync(reserve, { force: true })
    },
  }
}
