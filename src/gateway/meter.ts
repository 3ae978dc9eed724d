import { createEventStreamReader } from '../lib/event-stream.ts'
import { recordOf, type JsonRecord } from '../lib/loose-json.ts'
import { noUsage, type Usage, type Wire } from './wires/wire.ts'

/** Reads the usage in an answer that passes by. */
export interface Meter {
  push(chunk: Buffer): void
  /** What was told until now. */
  end(): Usage
}

/** Codex's last event holds the whole answer. */
const maxEventBytes = 32 * 1024 * 1024

export function createMeter(wire: Wire, form: 'stream' | 'json'): Meter {
  return form === 'stream' ? createStreamMeter(wire) : createJsonMeter(wire)
}

function createStreamMeter(wire: Wire): Meter {
  const events = createEventStreamReader(maxEventBytes)
  let usage = noUsage
  const read = (data: Buffer): void => {
    // most events are pieces of text, and in these the quotes of a key would be escaped
    if (data.includes(usageKey)) usage = readFrom(wire, data, usage)
  }
  return {
    push(chunk) {
      for (const { data } of events.push(chunk)) read(data)
    },
    end() {
      const { rest } = events.end()
      if (rest !== null) read(rest.data)
      return usage
    },
  }
}

function createJsonMeter(wire: Wire): Meter {
  let chunks: Buffer[] = []
  let bytes = 0
  return {
    push(chunk) {
      bytes += chunk.length
      if (bytes <= maxEventBytes) chunks.push(Buffer.from(chunk))
      else chunks = []
    },
    end: () => readFrom(wire, Buffer.concat(chunks), noUsage),
  }
}

/** The beginning of `usage` and of `usageMetadata`, as keys. */
const usageKey = Buffer.from('"usage')

function readFrom(wire: Wire, bytes: Buffer, before: Usage): Usage {
  const answer = parse(bytes)
  return answer === null ? before : wire.readUsage(answer, before)
}

function parse(bytes: Buffer): JsonRecord | null {
  try {
    return recordOf(JSON.parse(bytes.toString('utf8')))
  } catch {
    return null // it ended in the middle, or is no JSON
  }
}
