import { open, type FileHandle } from 'node:fs/promises'
import { dtypeBytes, type Tensor } from './safetensors.ts'

/** Sums over the elements of two tensors, from which distances follow; sums of several tensors add up. */
export interface TensorComparison {
  readonly elements: number
  /** Elements that are the same in both; with unlike dtypes: within the rounding of the coarser one. */
  readonly equal: number
  /** Elements that are NaN or infinite in either; left out of the sums. */
  readonly nonFinite: number
  /** Σa², Σb², Σab and Σ(a−b)². */
  readonly aa: number
  readonly bb: number
  readonly ab: number
  readonly dd: number
}

export const noComparison: TensorComparison = {
  elements: 0,
  equal: 0,
  nonFinite: 0,
  aa: 0,
  bb: 0,
  ab: 0,
  dd: 0,
}

export function addComparisons(x: TensorComparison, y: TensorComparison): TensorComparison {
  return {
    elements: x.elements + y.elements,
    equal: x.equal + y.equal,
    nonFinite: x.nonFinite + y.nonFinite,
    aa: x.aa + y.aa,
    bb: x.bb + y.bb,
    ab: x.ab + y.ab,
    dd: x.dd + y.dd,
  }
}

/** ‖a−b‖/‖b‖. Infinite when b is zero and a is not. */
export function relativeDistance({ dd, bb }: TensorComparison): number {
  if (dd === 0) return 0
  const distance = Math.sqrt(dd) / Math.sqrt(bb)
  return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance
}

/** Cosine of the angle between a and b; 0 when it has none. */
export function cosine({ aa, bb, ab }: TensorComparison): number {
  const value = ab / (Math.sqrt(aa) * Math.sqrt(bb))
  return Number.isFinite(value) ? Math.min(1, Math.max(-1, value)) : 0
}

export function isComparable(tensor: Tensor): boolean {
  return decoders.has(tensor.dtype)
}

/**
 * Compares two tensors element by element in constant memory. Both must have a floating-point dtype. When one has more
 * rows than the other (a vocabulary that was extended) the rows that both have are compared.
 */
export async function compareTensors(a: Tensor, b: Tensor): Promise<TensorComparison> {
  const elements = Math.min(elementCount(a), elementCount(b))
  const equals = equalityOf(a, b)
  await using left = await openReader(a)
  await using right = await openReader(b)
  let sums = noComparison
  for (let done = 0; done < elements;) {
    const count = Math.min(chunkElements, elements - done)
    sums = addComparisons(
      sums,
      compareChunk(await left.read(done, count), await right.read(done, count), equals),
    )
    done += count
  }
  return sums
}

/**
 * Whether `a` is `b` as it looks after it was stored in a type of fewer bits on the way: every element is the same, or
 * what bfloat16 or float16, or one after the other, make of it. Stops at the first that is not.
 */
export async function isRoundedCopy(a: Tensor, b: Tensor): Promise<boolean> {
  const elements = Math.min(elementCount(a), elementCount(b))
  const equals = equalityOf(a, b)
  await using left = await openReader(a)
  await using right = await openReader(b)
  for (let done = 0; done < elements;) {
    const count = Math.min(chunkElements, elements - done)
    const other = await right.read(done, count)
    const fits = (x: number, index: number): boolean => {
      const y = other[index] ?? 0
      return x === y || equals(x, y) || isRounded(x, y)
    }
    if (!(await left.read(done, count)).every(fits)) return false
    done += count
  }
  return true
}

function isRounded(x: number, y: number): boolean {
  const half = Math.f16round(y)
  return x === half || x === toBf16(y) || x === toBf16(half)
}

/** To nearest, ties to even. */
function toBf16(value: number): number {
  const float = Float32Array.of(value)
  const bits = new Uint32Array(float.buffer)
  const word = bits[0] ?? 0
  bits[0] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000
  return float[0] ?? 0
}

const chunkElements = 512 * 1024

type Equals = (x: number, y: number) => boolean

function compareChunk(
  left: Float64Array | Float32Array,
  right: Float64Array | Float32Array,
  equals: Equals,
): TensorComparison {
  const elements = left.length
  let equal = 0
  let nonFinite = 0
  let aa = 0
  let bb = 0
  let ab = 0
  let dd = 0
  for (let index = 0; index < elements; index++) {
    const x = left[index] ?? 0
    const y = right[index] ?? 0
    const difference = x - y
    // Only a finite number gives zero here; this is much faster than asking for both.
    if (difference - difference !== 0) {
      nonFinite++
      continue
    }
    if (x === y || equals(x, y)) equal++
    aa += x * x
    bb += y * y
    ab += x * y
    dd += difference * difference
  }
  return { elements, equal, nonFinite, aa, bb, ab, dd }
}

function equalityOf(a: Tensor, b: Tensor): Equals {
  return a.dtype === b.dtype ? exactly : withinRounding(Math.max(rounding(a.dtype), rounding(b.dtype)))
}

function exactly(x: number, y: number): boolean {
  return x === y
}

function withinRounding(relative: number): Equals {
  return (x, y) => Math.abs(x - y) <= relative * Math.max(Math.abs(x), Math.abs(y))
}

/** Half a unit in the last place, relative to the smallest value of the binade. */
function rounding(dtype: string): number {
  const mantissaBits = new Map([
    ['F8_E5M2', 2],
    ['F8_E4M3', 3],
    ['BF16', 7],
    ['F16', 10],
    ['F32', 23],
  ]).get(dtype)
  return mantissaBits === undefined ? 0 : 2 ** -mantissaBits / 2
}

function elementCount(tensor: Tensor): number {
  return (tensor.end - tensor.start) / (dtypeBytes.get(tensor.dtype) ?? 1)
}

interface ElementReader extends AsyncDisposable {
  /** The returned array is overwritten by the next call. */
  read(first: number, count: number): Promise<Float64Array | Float32Array>
}

async function openReader(tensor: Tensor): Promise<ElementReader> {
  const decode = decoders.get(tensor.dtype)?.()
  const size = dtypeBytes.get(tensor.dtype)
  if (decode === undefined || size === undefined)
    throw new TypeError(`${tensor.dtype} has no floating-point values`)
  const file = await open(tensor.path, 'r')
  const raw = new ArrayBuffer(chunkElements * size)
  const out = new Float32Array(chunkElements)
  return {
    async read(first, count) {
      await readFully(file, new Uint8Array(raw, 0, count * size), tensor.start + first * size, tensor.path)
      return decode(raw, count, out)
    },
    async [Symbol.asyncDispose]() {
      await file.close()
    },
  }
}

async function readFully(
  file: FileHandle,
  target: Uint8Array,
  position: number,
  path: string,
): Promise<void> {
  for (let filled = 0; filled < target.length;) {
    const { bytesRead } = await file.read(target, filled, target.length - filled, position + filled)
    if (bytesRead === 0) throw new Error(`${path} became shorter while it was read`)
    filled += bytesRead
  }
}

type Decode = (raw: ArrayBuffer, count: number, out: Float32Array) => Float64Array | Float32Array

/** Little-endian machines only, as every platform with a GPU is. Each entry makes the decoder of one reader. */
const decoders: ReadonlyMap<string, () => Decode> = new Map<string, () => Decode>([
  ['F32', () => (raw, count) => new Float32Array(raw, 0, count)],
  ['F64', () => (raw, count) => new Float64Array(raw, 0, count)],
  ['BF16', () => decodeBf16],
  ['F16', () => lookUpIn(valueTable(16, 5, 10, true))],
  // FP8 as in https://arxiv.org/abs/2209.05433: E5M2 follows IEEE 754, E4M3 has no infinity and one NaN.
  ['F8_E4M3', () => lookUpIn(valueTable(8, 4, 3, false))],
  ['F8_E5M2', () => lookUpIn(valueTable(8, 5, 2, true))],
])

/** bfloat16 is the upper half of a float32. */
function decodeBf16(raw: ArrayBuffer, count: number, out: Float32Array): Float32Array {
  const source = new Uint16Array(raw, 0, count)
  const bits = new Uint32Array(out.buffer, 0, count)
  for (let index = 0; index < count; index++) bits[index] = (source[index] ?? 0) << 16
  return out.subarray(0, count)
}

function lookUpIn(table: Float32Array): Decode {
  return (raw, count, out) => {
    const codes = table.length === 256 ? new Uint8Array(raw, 0, count) : new Uint16Array(raw, 0, count)
    for (let index = 0; index < count; index++) out[index] = table[codes[index] ?? 0] ?? 0
    return out.subarray(0, count)
  }
}

/** The value of every code of a small floating-point format. */
function valueTable(bits: number, exponentBits: number, mantissaBits: number, ieee: boolean): Float32Array {
  const table = new Float32Array(2 ** bits)
  const bias = 2 ** (exponentBits - 1) - 1
  const maxExponent = 2 ** exponentBits - 1
  const mantissaSize = 2 ** mantissaBits
  for (let code = 0; code < table.length; code++) {
    const sign = code >= table.length / 2 ? -1 : 1
    const exponent = (code >> mantissaBits) & maxExponent
    const mantissa = code & (mantissaSize - 1)
    if (ieee && exponent === maxExponent) table[code] = mantissa === 0 ? sign * Infinity : Number.NaN
    else if (!ieee && exponent === maxExponent && mantissa === mantissaSize - 1) table[code] = Number.NaN
    else if (exponent === 0) table[code] = sign * 2 ** (1 - bias) * (mantissa / mantissaSize)
    else table[code] = sign * 2 ** (exponent - bias) * (1 + mantissa / mantissaSize)
  }
  return table
}
