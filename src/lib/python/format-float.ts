/** `repr(float)`: the shortest digits that read back equal, an exponent below 1e-4 and from 1e16 on. */
export function renderFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  const sign = isNegative(value) ? '-' : ''
  if (value === 0) return `${sign}0.0`
  const [digits = '', exponent = ''] = Math.abs(value).toExponential().split('e')
  const text = layOut(digits.replace('.', ''), Number(exponent), { from: -4, below: 16 })
  return sign + (/[.e]/.test(text) ? text : `${text}.0`)
}

/** `format(value, ".<precision>g")`, rounded half to even on the exact value, as C's printf does. */
export function formatGeneral(value: number, precision: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  const sign = isNegative(value) ? '-' : ''
  if (value === 0) return `${sign}0`
  const { digits, exponent } = roundHalfEven(exactDecimal(Math.abs(value)), precision)
  return sign + layOut(digits.replace(/0+$/, ''), exponent, { from: -4, below: precision })
}

/** Digits of a number from its first that is not 0, and the power of ten of that first digit. */
interface Decimal {
  readonly digits: string
  readonly exponent: number
}

/** Every double has an exact decimal form: m * 2^-k = m * 5^k / 10^k. */
function exactDecimal(value: number): Decimal {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const high = bits.getUint32(0)
  const biased = (high >>> 20) & 0x7ff
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4))
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n)
  const power = Math.max(biased, 1) - 1075
  const scaled = power >= 0 ? mantissa << BigInt(power) : mantissa * 5n ** BigInt(-power)
  const digits = String(scaled)
  return { digits, exponent: digits.length - 1 + Math.min(power, 0) }
}

function roundHalfEven({ digits, exponent }: Decimal, precision: number): Decimal {
  if (digits.length <= precision) return { digits, exponent }
  const kept = BigInt(digits.slice(0, precision))
  const rest = digits.slice(precision)
  const half = `5${'0'.repeat(rest.length - 1)}`
  const up = rest > half || (rest === half && kept % 2n === 1n)
  const rounded = String(up ? kept + 1n : kept)
  // 99999.6 becomes 1e+05
  return { digits: rounded.slice(0, precision), exponent: exponent + rounded.length - precision }
}

/** Plain where the exponent lies in the range, else with a sign and two digits or more in the exponent. */
function layOut(
  digits: string,
  exponent: number,
  plain: { readonly from: number; readonly below: number },
): string {
  if (exponent < plain.from || exponent >= plain.below) {
    const point = digits.length > 1 ? `.${digits.slice(1)}` : ''
    return `${digits.charAt(0)}${point}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const rest = digits.slice(exponent + 1)
  return rest === '' ? whole : `${whole}.${rest}`
}

function isNegative(value: number): boolean {
  return value < 0 || Object.is(value, -0)
}
