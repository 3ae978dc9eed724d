import * as fc from 'fast-check'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  encodeTensors,
  safetensorsBytes,
  temporaryFolder,
  type FixtureTensor,
} from '../../test/fixtures/checkpoint.ts'
import {
  compareTensors,
  cosine,
  isRoundedCopy,
  relativeDistance,
  type TensorComparison,
} from './compare-tensors.ts'
import { readSafetensorsHeader, type Tensor } from './safetensors.ts'

async function tensorIn(path: string, bytes: Uint8Array): Promise<Tensor> {
  await writeFile(path, bytes)
  const [tensor] = (await readSafetensorsHeader(path)).tensors
  if (tensor === undefined) throw new Error('the fixture has a tensor')
  return tensor
}

async function compare(a: FixtureTensor, b: FixtureTensor): Promise<TensorComparison> {
  await using folder = await temporaryFolder()
  // Odd names shift the data, so that elements are not aligned in the file.
  const left = await tensorIn(join(folder.path, 'a'), encodeTensors({ odd: a }))
  const right = await tensorIn(join(folder.path, 'b'), encodeTensors({ x: b }))
  return await compareTensors(left, right)
}

const flat = (values: ArrayLike<number>, dtype: FixtureTensor['dtype'] = 'F32'): FixtureTensor => ({
  shape: [values.length],
  values,
  dtype,
})

test('gives distance, cosine and the number of equal elements', async () => {
  const comparison = await compare(flat([3, 0, 1, 2]), flat([0, 4, 1, 2]))
  expect(comparison).toEqual({ elements: 4, equal: 2, nonFinite: 0, aa: 14, bb: 21, ab: 5, dd: 25 })
  expect(relativeDistance(comparison)).toBeCloseTo(5 / Math.sqrt(21))
  expect(cosine(comparison)).toBeCloseTo(5 / Math.sqrt(14 * 21))
})

test('leaves out what is not finite, and counts it', async () => {
  const comparison = await compare(flat([1, Number.NaN, 3, 4]), flat([1, 2, Infinity, 4]))
  expect(comparison).toMatchObject({ elements: 4, equal: 2, nonFinite: 2, aa: 17, dd: 0 })
})

test('agrees with the definition over more elements than one chunk holds', async () => {
  const values = Float32Array.from({ length: 1_100_000 }, (_, index) => Math.sin(index))
  const others = values.map((value, index) => (index % 3 === 0 ? value : value + 0.01))
  const comparison = await compare(flat(values, 'F64'), flat(others))
  const dd = values.reduce((sum, value, index) => sum + (value - (others[index] ?? 0)) ** 2, 0)
  expect(comparison.elements).toBe(values.length)
  expect(comparison.equal).toBe(Math.ceil(values.length / 3))
  expect(comparison.dd).toBeCloseTo(dd, 6)
})

test('takes rounding to another type for equal', async () => {
  const numbers = fc.array(fc.float({ min: Math.fround(1e-30), max: 1000, noNaN: true }), {
    minLength: 1,
  })
  await fc.assert(
    fc.asyncProperty(numbers, async (values) => {
      const comparison = await compare(flat(values.map(roundToBf16), 'BF16'), flat(values))
      expect(comparison.equal).toBe(values.length)
    }),
    { numRuns: 50 },
  )
})

test('recognises what went through 16 bits and back, and nothing else', async () => {
  const values = Array.from({ length: 1000 }, (_, index) => Math.sin(index) * 10 ** (-index % 8))
  const isCopy = async (copy: readonly number[], dtype?: FixtureTensor['dtype']): Promise<boolean> => {
    await using folder = await temporaryFolder()
    const a = await tensorIn(join(folder.path, 'a'), encodeTensors({ a: flat(copy, dtype) }))
    const b = await tensorIn(join(folder.path, 'b'), encodeTensors({ b: flat(values.map(Math.fround)) }))
    return await isRoundedCopy(a, b)
  }
  expect(await isCopy(values)).toBe(true)
  expect(await isCopy(values.map(roundToBf16))).toBe(true)
  expect(await isCopy(values.map(Math.f16round))).toBe(true)
  expect(
    await isCopy(
      values.map((value) => roundToBf16(Math.f16round(value))),
      'BF16',
    ),
  ).toBe(true)
  expect(await isCopy(values.map((value) => value * 1.0001))).toBe(false)
  expect(await isCopy(values.with(999, Number.NaN))).toBe(false)
})

test('compares the rows that both have', async () => {
  const a = { shape: [3, 2], values: [1, 2, 3, 4, 5, 6] }
  expect(await compare(a, { shape: [2, 2], values: [1, 2, 3, 4] })).toMatchObject({
    elements: 4,
    equal: 4,
    dd: 0,
  })
})

test.for([
  ['F16', [0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff, 0x8000], [1, -2, 0.333_251_953_125, 2 ** -24, 65_504, 0]],
  ['F8_E4M3', [0x38, 0xb8, 0x7e, 0x01], [1, -1, 448, 2 ** -9]],
  ['F8_E5M2', [0x3c, 0xbc, 0x7b, 0x01], [1, -1, 57_344, 2 ** -16]],
] as const)('decodes %s', async ([dtype, codes, values]) => {
  await using folder = await temporaryFolder()
  const data = Buffer.from(dtype === 'F16' ? Uint16Array.from(codes).buffer : Uint8Array.from(codes).buffer)
  const header = { a: { dtype, shape: [codes.length], data_offsets: [0, data.length] } }
  const a = await tensorIn(join(folder.path, 'a'), safetensorsBytes(header, data))
  const b = await tensorIn(join(folder.path, 'b'), encodeTensors({ b: flat(values, 'F64') }))
  expect(await compareTensors(a, b)).toMatchObject({ equal: codes.length, dd: 0 })
})

test('an infinite distance and no angle follow from numbers that overflow', async () => {
  const comparison = await compare(flat([1e300, 1e300], 'F64'), flat([1, 1]))
  expect([relativeDistance(comparison), cosine(comparison)]).toEqual([Infinity, 0])
})

/** To nearest, ties to even. */
function roundToBf16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)
  const word = bits[0] ?? 0
  bits[0] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000
  return new Float32Array(bits.buffer)[0] ?? 0
}
