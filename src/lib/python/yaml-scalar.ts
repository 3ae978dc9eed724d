import type { PythonValue } from './value.ts'

type Scalar = { readonly ok: true; readonly value: PythonValue } | { readonly ok: false }

const boolean = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON|no|No|NO|false|False|FALSE|off|Off|OFF)$/
const truth = /^(?:yes|true|on)$/i
const nothing = /^(?:~|null|Null|NULL|)$/
const integer = /^[-+]?(?:0b[0-1_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/
/** A float has a dot, and its exponent a sign: 1e3 is text. */
const float =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const date = /^(\d{4})-(\d\d)-(\d\d)$/
const timestamp =
  /^\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?$/

/** What an unquoted scalar is to PyYAML's `SafeLoader`. */
export function resolvePlainScalar(text: string): Scalar {
  if (boolean.test(text)) return { ok: true, value: truth.test(text) }
  if (nothing.test(text)) return { ok: true, value: null }
  if (integer.test(text)) return readInteger(text)
  if (float.test(text)) return readFloat(text)
  const day = date.exec(text)
  if (day !== null) return readDate(day.slice(1).map(Number))
  if (timestamp.test(text)) return { ok: true, value: { repr: `datetime.datetime(${text})` } }
  // the merge key and the default value, which stand for something else
  if (text === '<<' || text === '=') return { ok: false }
  return { ok: true, value: text }
}

function readInteger(text: string): Scalar {
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '')
  const value = readMagnitude(digits)
  if (value === null) return { ok: false }
  return { ok: true, value: text.startsWith('-') ? -value : value }
}

function readMagnitude(digits: string): bigint | null {
  if (digits === '0') return 0n
  if (digits.includes(':')) return digits.split(':').reduce((total, part) => total * 60n + BigInt(part), 0n)
  // `0b_` and the like hold no digit
  if (/^0[bx]$/.test(digits)) return null
  if (/^0[0-7]/.test(digits)) return BigInt(`0o${digits.slice(1)}`)
  return BigInt(digits)
}

function readFloat(text: string): Scalar {
  const digits = text.replaceAll('_', '').toLowerCase().replace(/^[-+]/, '')
  const sign = text.startsWith('-') ? -1 : 1
  if (digits === '.inf') return { ok: true, value: sign * Infinity }
  if (digits === '.nan') return { ok: true, value: NaN }
  if (digits.includes(':'))
    return {
      ok: true,
      value: sign * digits.split(':').reduce((total, part) => total * 60 + Number(part), 0),
    }
  return { ok: true, value: sign * Number(digits) }
}

function readDate([year = 0, month = 0, day = 0]: readonly number[]): Scalar {
  const lastDay = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > lastDay) return { ok: false }
  return { ok: true, value: { repr: `datetime.date(${year}, ${month}, ${day})` } }
}
