import * as z from 'zod'
import { equals } from '../lib/python/equality.ts'
import { parsePythonJson } from '../lib/python/json.ts'
import { createPythonRandom } from '../lib/python/mersenne-twister.ts'
import { createNumpyGenerator } from '../lib/python/numpy-generator.ts'
import type { PythonValue } from '../lib/python/value.ts'
import type { Check, Checker } from './checker.ts'

const seeded = z.object({ seed: z.number(), n: z.number() })
const listOf = (length: number): number[] => Array.from({ length }, (_, index) => index)

/** Random generators and Python's equality, by the vectors' `op`. */
export const pythonCheckers = {
  mt19937_getrandbits32: values(seeded, ({ seed, n }) => {
    const random = createPythonRandom(seed)
    return listOf(n).map(() => random.bits(32))
  }),
  python_random_random: values(seeded, ({ seed, n }) => {
    const random = createPythonRandom(seed)
    return listOf(n).map(() => random.next())
  }),
  python_shuffle: values(seeded, ({ seed, n }) => createPythonRandom(seed).shuffle(listOf(n))),
  pcg64_raw64: values(seeded, ({ seed, n }) => {
    const generator = createNumpyGenerator(seed)
    return listOf(n).map(() => String(generator.raw64()))
  }),
  numpy_generator_integers: values(
    z.object({ seed: z.number(), high: z.number(), size: z.number() }),
    ({ seed, high, size }) => createNumpyGenerator(seed).choose(high, size),
  ),
  numpy_generator_permutation: values(seeded, ({ seed, n }) => createNumpyGenerator(seed).permutation(n)),
  numpy_generator_permutation_head: values(seeded.extend({ head: z.number() }), ({ seed, n, head }) =>
    createNumpyGenerator(seed).permutation(n).slice(0, head),
  ),
  numpy_generator_choice_indices_repeated: values(
    seeded.extend({ draws: z.number() }),
    ({ seed, n, draws }) => {
      const generator = createNumpyGenerator(seed)
      return listOf(draws).map(() => generator.choose(n, n))
    },
  ),
  shuffle_indices: {
    check: (input) => {
      const { seed, n } = seeded.parse(input)
      return { indices: createPythonRandom(seed).shuffle(listOf(n)) }
    },
  },
  python_json_equal: { check: checkEquality },
} as const satisfies Readonly<Record<string, Checker>>

function values<T>(schema: z.ZodType<T>, compute: (input: T) => unknown): { readonly check: Check } {
  return { check: (input) => ({ values: compute(schema.parse(input)) }) }
}

function checkEquality(input: unknown): unknown {
  const { a_json: a, b_json: b } = z.object({ a_json: z.string(), b_json: z.string() }).parse(input)
  return { equal: equals(parseValue(a), parseValue(b)) }
}

function parseValue(text: string): PythonValue {
  const json = parsePythonJson(text)
  if (!json.ok) throw new Error(`no JSON: ${json.error}`)
  return json.value
}
