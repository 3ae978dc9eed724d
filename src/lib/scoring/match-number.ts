import { formatGeneral } from '../python/format-float.ts'
import { casefold, splitWhitespace, strip, stripPunctuation } from '../python/text.ts'
import { isNumeric, toAsciiDigits } from '../python/unicode-numeric.ts'
import { parseNumber } from './parse-number.ts'
import { failed, scored, type Verdict } from './verdict.ts'

/**
 * `suffix`: right when the last number *ends with* the target, both written with five significant digits, so 118 is right
 * for 18 and 100000 ("1e+05") for 5. `exact`: the same numbers, right when equal.
 */
export type NumberComparison = 'suffix' | 'exact'

export interface NumberMatch {
  readonly text: string
  readonly target: string
  readonly comparison: NumberComparison
}

/**
 * inspect's `match(numeric=True)`: the last word of `text` that is a number is the answer, else its last word. A last
 * number that cannot be parsed fails where upstream raises (`suffix`) and is wrong where it does not (`exact`).
 */
export function matchNumber({ text, target, comparison }: NumberMatch): Verdict {
  const stripped = strip(text)
  const folded = casefold(stripped)
  const wanted = casefold(strip(target))
  if (!isNumeric(wanted)) {
    if (comparison === 'exact') return failed('ValueError', 'the target is no whole number')
    const matches = stripPunctuation(folded).endsWith(stripPunctuation(wanted))
    return scored(matches, stripped)
  }
  const word = lastNumberWord(folded)
  const answer = normaliseNumber(word)
  if (answer === null && comparison === 'exact') return scored(false, word)
  const reference = normaliseNumber(wanted)
  if (answer === null || reference === null) return unparsable(answer === null ? word : wanted)
  return scored(comparison === 'exact' ? answer === reference : answer.endsWith(reference), answer)
}

/** Targets that may be negative, have decimals or thousands separators. */
const signedTarget = /^-?\p{Nd}+(?:\.\p{Nd}+)?$/u

/**
 * The published system's exact match for GSM8K: a leading minus counts, and values are compared, not texts. The answer is
 * reported with twelve significant digits.
 */
export function matchSignedNumber({ text, target }: Omit<NumberMatch, 'comparison'>): Verdict {
  const wanted = stripNumericPunctuation(strip(target))
  if (!signedTarget.test(wanted)) return failed('ValueError', 'the target is no number')
  const words = splitWhitespace(stripNumericPunctuation(casefold(strip(text))))
  const word = words.findLast((candidate) => isNumberWord(withoutMinus(candidate)))
  if (word === undefined) return scored(false, words.at(-1) ?? '')
  const number = parseNumber(withoutMinus(word))
  if (!number.ok) return scored(false, word)
  const value = word.startsWith('-') ? -number.value : number.value
  return scored(Math.abs(value - Number(toAsciiDigits(wanted))) < 1e-9, formatGeneral(value, 12))
}

function lastNumberWord(text: string): string {
  const words = splitWhitespace(stripNumericPunctuation(text))
  return words.findLast(isNumberWord) ?? words.at(-1) ?? ''
}

function isNumberWord(word: string): boolean {
  return isNumeric(word.replaceAll('.', ''))
}

function withoutMinus(word: string): string {
  return word.startsWith('-') ? word.slice(1) : word
}

/** Currency, thousands separators and Markdown go; a dot goes unless a digit follows. */
function stripNumericPunctuation(text: string): string {
  return text.replace(/[$,£€*_]/g, '').replace(/\.(?!\p{Nd})/gu, '')
}

/** Null when it looks like a number and cannot be parsed. */
function normaliseNumber(word: string): string | null {
  if (!isNumberWord(word)) return word
  const number = parseNumber(word)
  return number.ok ? formatGeneral(number.value, 5) : null
}

function unparsable(word: string): Verdict {
  const number = parseNumber(word)
  return failed(number.ok ? 'ValueError' : number.error, `${word} is taken for a number and cannot be parsed`)
}
