import { decimalZeros, numericRuns } from './unicode-numeric-data.ts'

interface NumericCharacter {
  /** As `unicodedata.numeric` gives it. */
  readonly value: number
  /** 0 to 9 where `unicodedata.decimal` or `unicodedata.digit` knows one. */
  readonly digit: number | null
}

let table: ReadonlyMap<number, NumericCharacter> | undefined

/** `str.isnumeric()`: not empty, and every code point has a numeric value, CJK numerals included. */
export function isNumeric(text: string): boolean {
  if (text === '') return false
  for (const character of text) if (numericCharacter(character) === undefined) return false
  return true
}

/** `unicodedata.numeric`; null for a code point without one. */
export function numericValue(character: string): number | null {
  return numericCharacter(character)?.value ?? null
}

/** `unicodedata.decimal`, else `unicodedata.digit`, else null. */
export function digitValue(character: string): number | null {
  return numericCharacter(character)?.digit ?? null
}

/** What Python's `int()` and `float()` read a digit of any script as; other characters stay. */
export function toAsciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => String(digitValue(digit) ?? digit))
}

function numericCharacter(character: string): NumericCharacter | undefined {
  table ??= readTable()
  return table.get(character.codePointAt(0) ?? -1)
}

function readTable(): ReadonlyMap<number, NumericCharacter> {
  const entries = new Map<number, NumericCharacter>()
  for (const zero of words(decimalZeros))
    for (let digit = 0; digit < 10; digit++)
      entries.set(Number.parseInt(zero, 16) + digit, { value: digit, digit })
  for (const run of words(numericRuns)) {
    const { start = '', count = '1', value = '', step = '0', kind } = runForm.exec(run)?.groups ?? {}
    for (let index = 0; index < Number(count); index++) {
      const number = addFractions(value, step, index)
      entries.set(Number.parseInt(start, 16) + index, {
        value: number,
        digit: kind === undefined ? null : number,
      })
    }
  }
  return entries
}

const runForm =
  /^(?<start>[0-9a-f]+)(?:\*(?<count>\d+))?=(?<value>[-\d/]+)(?:\+(?<step>[-\d/]+))?(?<kind>d)?$/

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}

/** `value + index * step`, divided once, so that 2/3 is the nearest double to it. */
function addFractions(value: string, step: string, index: number): number {
  const [numerator, denominator] = readFraction(value)
  const [stepNumerator, stepDenominator] = readFraction(step)
  return (numerator * stepDenominator + index * stepNumerator * denominator) / (denominator * stepDenominator)
}

function readFraction(text: string): readonly [numerator: number, denominator: number] {
  const [numerator, denominator = '1'] = text.split('/')
  return [Number(numerator), Number(denominator)]
}
