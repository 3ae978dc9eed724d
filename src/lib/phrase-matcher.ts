/** Finds phrases (lists of words) in a stream of words, whole or in windows of some words. */
export interface PhraseMatcher {
  /** Start of a text: nothing matches across texts. */
  reset(): void
  word(word: string, line: number, delimited: boolean): void
  /** End of a text. */
  end(): void
}

export interface PhraseHits {
  /** All words of phrase `phrase` stand here one after the other. */
  whole(phrase: number, line: number): void
  /** The `index`-th window of a phrase that is longer than a window stands here. */
  window(phrase: number, index: number, line: number): void
}

export interface PhraseMatcherOptions {
  readonly windowWords: number
  /** Shorter phrases match only where a delimiter stands before and after them. */
  readonly freeWords: number
}

interface Window {
  readonly phrase: number
  readonly index: number
  readonly last: boolean
  readonly ids: readonly number[]
}

const base = 0x01000193

/**
 * Rolling hashes (Rabin and Karp) over word numbers; every hit is verified word by word. Words that no phrase has cost
 * one look-up. Memory depends on the phrases alone.
 */
export function createPhraseMatcher(
  phrases: readonly (readonly string[])[],
  options: PhraseMatcherOptions,
  hits: PhraseHits,
): PhraseMatcher {
  const { windowWords } = options
  const numbers = new Map<string, number>()
  for (const word of phrases.flat()) if (!numbers.has(word)) numbers.set(word, numbers.size + 1)
  const tables = buildTables(phrases, numbers, windowWords)

  const ids = new Int32Array(windowWords + 1)
  const lines = new Int32Array(windowWords + 1)
  const marks = new Uint8Array(windowWords + 1)
  /** Known words in a row up to now. */
  let run = 0
  let position = 0
  let prefixes = new Int32Array(windowWords + 1)
  /** Phrases whose windows have matched one by one from their first; values are `phrase:next index`. */
  let chains = new Set<string>()
  let pending: { phrase: number; line: number }[] = []

  function at(back: number): number {
    return (position - back + (windowWords + 1) * 2) % (windowWords + 1)
  }

  function settle(delimited: boolean): void {
    if (delimited) for (const { phrase, line } of pending) hits.whole(phrase, line)
    pending = []
  }

  function forget(): void {
    run = 0
    prefixes = prefixes.fill(0)
    if (chains.size > 0) chains = new Set()
  }

  function lookUp(): void {
    let next: Set<string> | undefined
    for (const { length, power, windows } of tables) {
      if (run < length) continue
      const before = run === length ? 0 : (prefixes[at(length)] ?? 0)
      const hash = ((prefixes[at(0)] ?? 0) - Math.imul(before, power)) | 0
      for (const window of windows.get(hash) ?? []) {
        if (!window.ids.every((id, index) => ids[at(length - 1 - index)] === id)) continue
        next ??= new Set()
        found(window, length, next)
      }
    }
    if (next !== undefined || chains.size > 0) chains = next ?? new Set()
  }

  function found(window: Window, length: number, next: Set<string>): void {
    const { phrase, index, last } = window
    const line = lines[at(length - 1)] ?? 1
    if (!(index === 0 && last)) hits.window(phrase, index, line)
    if (index > 0 && !chains.has(`${phrase}:${index}`)) return
    next.add(`${phrase}:${index + 1}`)
    if (!last) return
    if (length >= options.freeWords) hits.whole(phrase, line)
    else if (marks[at(length - 1)] === 1) pending.push({ phrase, line })
  }

  return {
    reset() {
      forget()
      pending = []
    },
    word(word, line, delimited) {
      if (pending.length > 0) settle(delimited)
      const id = numbers.get(word)
      if (id === undefined) {
        if (run > 0) forget()
        return
      }
      const previous = run === 0 ? 0 : (prefixes[at(0)] ?? 0)
      position = at(-1)
      ids[position] = id
      lines[position] = line
      marks[position] = delimited ? 1 : 0
      prefixes[position] = (Math.imul(previous, base) + id) | 0
      run++
      lookUp()
    },
    end() {
      settle(true)
      forget()
    },
  }
}

interface Table {
  readonly length: number
  readonly power: number
  readonly windows: ReadonlyMap<number, readonly Window[]>
}

/** One table per window length: phrases shorter than a window are their own only window. */
function buildTables(
  phrases: readonly (readonly string[])[],
  numbers: ReadonlyMap<string, number>,
  windowWords: number,
): Table[] {
  const byLength = new Map<number, Map<number, Window[]>>()
  for (const [phrase, words] of phrases.entries()) {
    const all = words.map((word) => numbers.get(word) ?? 0)
    if (all.length === 0) continue
    const length = Math.min(all.length, windowWords)
    for (let index = 0; index + length <= all.length; index++) {
      const ids = all.slice(index, index + length)
      const hash = ids.reduce((sum, id) => (Math.imul(sum, base) + id) | 0, 0)
      const windows = byLength.get(length) ?? new Map<number, Window[]>()
      byLength.set(length, windows)
      const bucket = windows.get(hash) ?? []
      bucket.push({ phrase, index, last: index + length === all.length, ids })
      windows.set(hash, bucket)
    }
  }
  return [...byLength].map(([length, windows]) => {
    let power = 1
    for (let step = 0; step < length; step++) power = Math.imul(power, base)
    return { length, power, windows }
  })
}
