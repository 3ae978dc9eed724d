import { createEscapedMatch, type EscapedPattern } from './escaped-match.ts'
import { secretForms, uniqueForms } from './secret-forms.ts'

/** What is shorter stands in texts by accident. */
export const minSecretBytes = 8

export interface Redactor {
  readonly redact: (text: string) => string
  /** For bytes that come in pieces, wherever they are cut; what comes out is the same. */
  stream(): RedactionStream
}

export interface RedactionStream {
  /** What is certain by now: only what may be the beginning of a secret is held back. */
  push(chunk: Buffer): Buffer
  /** The rest. */
  end(): Buffer
}

/**
 * Hides secrets in every form of `secretForms`, each also URL-encoded or escaped as in JSON, once or several times, as a
 * whole or only some of its characters; hexadecimal and base64 also with line breaks. Line breaks stay, so that lines keep
 * their numbers. An empty secret is none; one of less than `minSecretBytes` is refused with a `RangeError`.
 */
export function createRedactor(
  secrets: readonly string[],
  options: { readonly marker?: string } = {},
): Redactor {
  const { marker = '[redacted]' } = options
  const known = [...new Set(secrets)].filter((secret) => secret !== '')
  const short = known.find((secret) => Buffer.byteLength(secret) < minSecretBytes)
  if (short !== undefined)
    throw new RangeError(`a secret of less than ${minSecretBytes} bytes cannot be told from other text`)
  const scan = createScan(known.flatMap(listForms), marker)
  return {
    redact(text) {
      const bytes = Buffer.from(text)
      const { clean, hits } = scan(bytes, 'last')
      return hits === 0 ? text : clean.toString('utf8')
    },
    stream() {
      let held = Buffer.alloc(0)
      return {
        push(chunk) {
          const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
          const { clean, rest } = scan(bytes, 'more')
          held = Buffer.from(rest)
          return clean
        },
        end() {
          const { clean } = scan(held, 'last')
          held = Buffer.alloc(0)
          return clean
        },
      }
    },
  }
}

/** With its padding as well, where nothing stands before and after. */
function listForms(secret: string): EscapedPattern[] {
  const padded = (['base64', 'base64url'] as const).map((alphabet) => ({
    bytes: Buffer.from(Buffer.from(secret).toString(alphabet)),
    broken: true,
  }))
  return uniqueForms([...padded, ...secretForms(secret)])
}

type Scan = (
  bytes: Buffer,
  which: 'more' | 'last',
) => { readonly clean: Buffer; readonly rest: Buffer; readonly hits: number }

/** The leftmost match and of several there the longest, then on behind it: wherever the bytes are cut, the same. */
function createScan(patterns: readonly EscapedPattern[], marker: string): Scan {
  if (patterns.length === 0) return (bytes) => ({ clean: bytes, rest: nothing, hits: 0 })
  const matchAt = createEscapedMatch(patterns)
  return (bytes, which) => {
    const parts: Buffer[] = []
    let done = 0
    let at = 0
    while (at < bytes.length) {
      const end = matchAt(bytes, at, which)
      if (end === 'open') break
      if (end === null) {
        at++
        continue
      }
      const breaks = bytes.subarray(at, end).filter((byte) => byte === lineFeed)
      parts.push(bytes.subarray(done, at), Buffer.from(marker), Buffer.from(breaks))
      at = done = end
    }
    const tail = bytes.subarray(done, at)
    const clean = parts.length === 0 ? tail : Buffer.concat([...parts, tail])
    return { clean, rest: bytes.subarray(at), hits: parts.length }
  }
}

const lineFeed = 0x0a
const nothing = Buffer.alloc(0)
