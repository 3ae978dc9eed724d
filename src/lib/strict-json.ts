/** Why a text from an untrusted source is not taken as JSON. */
export class StrictJsonError extends Error {
  readonly code: 'not_utf8' | 'not_json' | 'duplicate_key' | 'too_deep' | 'too_many_values'

  constructor(code: StrictJsonError['code'], message: string) {
    super(message)
    this.name = 'StrictJsonError'
    this.code = code
  }
}

/** The largest tokenizers hold about two million values and 300,000 keys; a key takes hundreds of bytes of memory. */
const maxValues = 3_000_000
const maxKeys = 1_000_000

/**
 * Parses JSON that an adversary may have written. What readers of different languages would understand
 * differently is refused: a key that appears twice in an object (the first or the last may win), bytes that are not
 * UTF-8, nesting beyond `maxDepth`. So is what would take many times its length in memory.
 */
export function parseStrictJson(source: Uint8Array | string, maxDepth = 64): unknown {
  const text = typeof source === 'string' ? source : decodeUtf8(source)
  checkSize(text, maxDepth)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new StrictJsonError('not_json', error instanceof Error ? error.message : 'not JSON')
  }
  checkKeys(text)
  return value
}

export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new StrictJsonError('not_utf8', 'the text is not valid UTF-8')
  }
}

/** Before anything is built: `JSON.parse` takes gigabytes for a few megabytes of brackets. `text` may be no JSON. */
function checkSize(text: string, maxDepth: number): void {
  let depth = 0
  let values = 0
  let keys = 0
  const token = /["{}[\],:]/g
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const character = match[0]
    if (character === '"') {
      token.lastIndex = endOfString(text, match.index)
    } else if (character === '}' || character === ']') {
      depth--
    } else if (character === ':') {
      if (++keys > maxKeys) throw new StrictJsonError('too_many_values', `more than ${maxKeys} keys`)
    } else {
      if (character !== ',' && ++depth > maxDepth)
        throw new StrictJsonError('too_deep', `nested deeper than ${maxDepth}`)
      if (++values > maxValues) throw new StrictJsonError('too_many_values', `more than ${maxValues} values`)
    }
  }
}

/** `text` is known to be JSON, so brackets outside strings are balanced and a string before a colon is a key. */
function checkKeys(text: string): void {
  const open: (Set<string> | null)[] = []
  const token = /["{}[\]]/g
  const colon = /\s*:/y
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    switch (match[0]) {
      case '{':
      case '[':
        open.push(match[0] === '{' ? new Set() : null)
        break
      case '}':
      case ']':
        open.pop()
        break
      default: {
        const end = endOfString(text, match.index)
        token.lastIndex = end
        const keys = open.at(-1)
        colon.lastIndex = end
        if (!keys || !colon.test(text)) break
        const key = String(JSON.parse(text.slice(match.index, end)))
        if (keys.has(key))
          throw new StrictJsonError(
            'duplicate_key',
            `the key ${JSON.stringify(key.slice(0, 80))} is given twice`,
          )
        keys.add(key)
      }
    }
  }
}

/** Index after the closing quote, or the text's length where there is none. */
function endOfString(text: string, start: number): number {
  for (let from = start + 1; ;) {
    const quote = text.indexOf('"', from)
    if (quote === -1) return text.length
    let backslashes = 0
    while (text[quote - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return quote + 1
    from = quote + 1
  }
}
