/**
 * Splits text into words that compare equal across the ways in which the same sentence is stored: letters and digits
 * only, lower case, compatibility forms and accents folded, invisible characters dropped, string escapes
 * (`\n`, `\"`, `\u00e9`, also escaped twice) undone. So a question is found in JSON, CSV, source code and prose alike.
 */
export interface WordVisitor {
  /**
   * @param delimited a character that ends strings or cells (quote, bracket, comma, line break, …) lies between this
   *   word and the one before
   */
  word(word: string, line: number, delimited: boolean): void
}

export interface WordSplitter {
  push(text: string): void
  end(): void
}

export function wordsOf(text: string): string[] {
  const words: string[] = []
  const splitter = createWordSplitter({ word: (word) => words.push(word) })
  splitter.push(text)
  splitter.end()
  return words
}

/** Takes a text in pieces of any size, in bounded memory. */
export function createWordSplitter(visitor: WordVisitor): WordSplitter {
  let carry = ''
  let line = 1
  let delimited = true

  function split(text: string): void {
    const folded = fold(text)
    const word = /[\p{L}\p{N}]+/gu
    let position = 0
    for (let match = word.exec(folded); match !== null; match = word.exec(folded)) {
      gap(folded, position, match.index)
      visitor.word(match[0], line, delimited)
      delimited = false
      position = word.lastIndex
    }
    gap(folded, position, folded.length)
  }

  function gap(text: string, from: number, to: number): void {
    for (let index = from; index < to; index++) {
      const code = text.charCodeAt(index)
      if (code === 0x0a) line++
      if (code <= 0x7f && delimiters.has(code)) delimited = true
    }
  }

  return {
    push(text) {
      const all = carry + text
      const cut = placeToCut(all)
      carry = all.slice(cut)
      split(all.slice(0, cut))
    },
    end() {
      split(carry)
      carry = ''
    },
  }
}

const delimiters: ReadonlySet<number> = new Set(
  Array.from('\n\r\t\v\0"\'`<>|,:;()[]{}=#', (character) => character.charCodeAt(0)),
)

/** Behind the last space near the end, so that neither word nor escape is torn; anywhere when there is none. */
function placeToCut(text: string): number {
  for (let index = text.length - 1; index > 0 && index > text.length - 4_096; index--) {
    const code = text.charCodeAt(index)
    if (code === 0x20 || code === 0x0a) return index + 1
  }
  return text.length > 4_096 ? text.length - 64 : 0
}

function fold(text: string): string {
  const plain = text.includes('\\') ? unescape(text) : text
  if (/^[\x00-\x7f]*$/.test(plain)) return plain.toLowerCase()
  return plain
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .toLowerCase()
}

/** Line breaks that are only written down become a vertical tab: they end a string's line, not the file's. */
function unescape(text: string): string {
  return text.replace(
    /\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|[nrtbfv])/g,
    (_, unicode: string | undefined, hex: string | undefined) => {
      const digits = unicode ?? hex
      const character = digits === undefined ? '\v' : String.fromCharCode(Number.parseInt(digits, 16))
      return character === '\n' ? '\v' : character
    },
  )
}
