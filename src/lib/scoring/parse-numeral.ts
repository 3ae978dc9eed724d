import { maxIntegerDigits } from '../python/json.ts'
import { digitValue, numericValue } from '../python/unicode-numeric.ts'
import {
  overflowError,
  parsed,
  type ParsedNumber,
  plainDigits,
  raise,
  superscripts,
  valueError,
} from './parsed-number.ts'

const chineseDigits: ReadonlyMap<string, number> = new Map(
  ['零〇', '一壹幺', '二贰貳兩', '三叁參', '四肆', '五伍', '六陆陸', '七柒', '八捌', '九玖'].flatMap(
    (characters, digit) => Array.from(characters, (character) => [character, digit] as const),
  ),
)
const chineseTens: ReadonlyMap<string, bigint> = new Map([
  ['廿', 20n],
  ['卅', 30n],
  ['卌', 40n],
])
const smallUnits: ReadonlyMap<string, bigint> = new Map([
  ['十', 10n],
  ['拾', 10n],
  ['百', 100n],
  ['佰', 100n],
  ['千', 1000n],
  ['仟', 1000n],
])
const largeUnits: ReadonlyMap<string, bigint> = new Map([
  ['万', 10_000n],
  ['萬', 10_000n],
  ['亿', 100_000_000n],
  ['億', 100_000_000n],
  ['兆', 1_000_000_000_000n],
])

/**
 * inspect's second parser, for what the first refuses: single numerals such as Ⅻ, Chinese numbers, circled digits, a
 * leading dot. Only words whose characters but for dots are numeric come here, so signs and separators are not its matter.
 */
export function parseNumeral(word: string): ParsedNumber {
  const characters = Array.from(word)
  const single = characters.length === 1 ? numericValue(word) : null
  if (single !== null) return parsed(single)
  const split = characters.findLastIndex((character) => !superscripts.includes(character)) + 1
  // superscripts alone are digits, not an exponent of nothing
  const exponent = split > 0 && split < characters.length ? characters.slice(split).join('') : null
  const base = parseBase(exponent === null ? characters : characters.slice(0, split))
  if (!base.ok || exponent === null) return base
  const power = raise(base.value, plainDigits(exponent))
  return power.ok ? power : valueError
}

/** At most one fraction, and only at the end. */
function parseBase(characters: readonly string[]): ParsedNumber {
  const first = characters.findIndex(isFraction)
  if (first === -1) return parseCore(characters)
  if (first !== characters.length - 1) return valueError
  const fraction = numericValue(characters[first] ?? '') ?? 0
  if (first === 0) return parsed(fraction)
  const head = parseCore(characters.slice(0, first))
  return head.ok ? parsed(head.value + fraction) : head
}

function isFraction(character: string): boolean {
  const value = numericValue(character)
  return value !== null && value > 0 && value < 1
}

function parseCore(characters: readonly string[]): ParsedNumber {
  if (characters.some(isChinese)) {
    const chinese = parseChinese(characters)
    if (chinese !== null) return chinese
  }
  const digits = characters.map((character) => (character === '.' ? '.' : digitOf(character)))
  const dots = digits.filter((digit) => digit === '.').length
  if (!digits.includes(null) && dots < 2 && dots < digits.length) return parsed(Number(digits.join('')))
  const single = characters.length === 1 ? numericValue(characters[0] ?? '') : null
  return single === null ? valueError : parsed(single)
}

function isChinese(character: string): boolean {
  return [chineseDigits, chineseTens, smallUnits, largeUnits].some((numerals) => numerals.has(character))
}

function digitOf(character: string): number | null {
  return digitValue(character) ?? chineseDigits.get(character) ?? null
}

/** Null where it is no Chinese number after all. */
function parseChinese(characters: readonly string[]): ParsedNumber | null {
  const dot = characters.indexOf('.')
  const integer = parseChineseInteger(dot === -1 ? characters : characters.slice(0, dot))
  if (integer === null || integer === 'too long') return integer === null ? null : valueError
  const whole = Number(integer)
  if (!Number.isFinite(whole)) return overflowError
  let decimals = 0
  let place = 0.1
  for (const character of dot === -1 ? [] : characters.slice(dot + 1)) {
    const digit = digitOf(character)
    if (digit === null) return null
    decimals += digit * place
    place /= 10
  }
  return parsed(whole + decimals)
}

function parseChineseInteger(characters: readonly string[]): bigint | 'too long' | null {
  if (!characters.some((c) => smallUnits.has(c) || largeUnits.has(c) || chineseTens.has(c))) {
    const digits = characters.map(digitOf)
    if (digits.includes(null)) return null
    return digits.length > maxIntegerDigits ? 'too long' : BigInt(digits.join(''))
  }
  let total = 0n
  let section = 0n
  let pending = 0n
  for (const character of characters) {
    const large = largeUnits.get(character)
    const small = smallUnits.get(character)
    const tens = chineseTens.get(character)
    const digit = digitOf(character)
    if (tens !== undefined) section += tens
    else if (character === '零' || character === '〇') continue
    else if (digit !== null) pending = BigInt(digit)
    else if (small !== undefined) {
      section += (pending === 0n ? 1n : pending) * small
      pending = 0n
    } else if (large !== undefined) {
      total += (section + pending) * large
      section = 0n
      pending = 0n
    } else return null
  }
  return total + section + pending
}
