import { maxIntegerDigits } from '../python/json.ts'
import { digitValue, toAsciiDigits } from '../python/unicode-numeric.ts'

export type ParsedNumber =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly error: 'ValueError' | 'OverflowError' }

export function parsed(value: number): ParsedNumber {
  return { ok: true, value }
}

export const valueError: ParsedNumber = { ok: false, error: 'ValueError' }
export const overflowError: ParsedNumber = { ok: false, error: 'OverflowError' }

export const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** Every superscript as its digit. */
export function plainDigits(text: string): string {
  return text.replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (digit) => String(digitValue(digit) ?? ''))
}

/** `base ** int(exponent)`, where Python never gives infinity for finite numbers. */
export function raise(base: number, exponent: string): ParsedNumber {
  const digits = toAsciiDigits(exponent)
  if (!/^[0-9]+$/.test(digits) || digits.length > maxIntegerDigits) return valueError
  const power = Number(digits)
  if (!Number.isFinite(power)) return overflowError // too large for a float
  const value = base ** power
  return Number.isFinite(base) && !Number.isFinite(value) ? overflowError : parsed(value)
}
