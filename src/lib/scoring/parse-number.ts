import { toAsciiDigits } from '../python/unicode-numeric.ts'
import { parseNumeral } from './parse-numeral.ts'
import { parsed, type ParsedNumber, plainDigits, raise, superscripts, valueError } from './parsed-number.ts'

/** The vulgar fractions that the first parser knows; the second knows every character between 0 and 1. */
const fractions: ReadonlyMap<string, number> = new Map([
  ['½', 1 / 2],
  ['⅓', 1 / 3],
  ['⅔', 2 / 3],
  ['¼', 1 / 4],
  ['¾', 3 / 4],
  ['⅕', 1 / 5],
  ['⅖', 2 / 5],
  ['⅗', 3 / 5],
  ['⅘', 4 / 5],
  ['⅙', 1 / 6],
  ['⅚', 5 / 6],
  ['⅐', 1 / 7],
  ['⅛', 1 / 8],
  ['⅜', 3 / 8],
  ['⅝', 5 / 8],
  ['⅞', 7 / 8],
  ['⅑', 1 / 9],
  ['⅒', 1 / 10],
])

/** The value of a word without sign whose characters but for dots are all numeric, as inspect's two parsers give it. */
export function parseNumber(word: string): ParsedNumber {
  const first = parsePlain(word)
  // an overflow is not a failure to parse: the second parser is not asked
  return first.ok || first.error === 'OverflowError' ? first : parseNumeral(word)
}

/** Digits with at most one vulgar fraction among them; from the first superscript on everything is the exponent. */
function parsePlain(word: string): ParsedNumber {
  let base = ''
  let fraction: number | null = null
  let exponent: string | null = null
  let position = 0
  for (const character of word) {
    const part = fractions.get(character)
    if (part !== undefined) {
      if (fraction !== null) return valueError
      fraction = part
    } else if (superscripts.includes(character)) {
      exponent = word.slice(position)
      break
    } else base += character
    position += character.length
  }
  if (word === '') return valueError
  let value = fraction === null && base === '' ? 1 : 0
  if (base !== '') {
    // what follows the first decimals is ignored: 1.2.3 is 1.2
    const digits = /^\p{Nd}+(?:\.\p{Nd}+)?/u.exec(base)
    if (digits === null) return valueError
    value = Number(toAsciiDigits(digits[0]))
  }
  value += fraction ?? 0
  return exponent === null ? parsed(value) : raise(value, plainDigits(exponent))
}
