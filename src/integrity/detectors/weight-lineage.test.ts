import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder, writeCheckpoint, type FixtureTensor } from '../../../test/fixtures/checkpoint.ts'
import { detectAll, writeEvidence } from '../../../test/fixtures/sealed-evidence.ts'
import type { Finding } from '../../domain/finding.ts'
import { createRng } from '../../lib/rng.ts'
import { weightLineage } from './weight-lineage.ts'

type Weights = Readonly<Record<string, Float64Array>>
const shapes: Readonly<Record<string, readonly number[]>> = {
  'model.embed_tokens.weight': [64, 32],
  'model.layers.0.mlp.up_proj.weight': [48, 32],
  'model.layers.0.mlp.down_proj.weight': [32, 48],
  'model.norm.weight': [32],
}

function random(seed: number): Weights {
  const rng = createRng(seed)
  const gauss = (): number => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
  const entries = Object.entries(shapes).map(([name, shape]): [string, Float64Array] => {
    const size = shape.reduce((product, axis) => product * axis, 1)
    // Norms are vectors around one, alike in all models.
    return [
      name,
      Float64Array.from({ length: size }, () => (shape.length === 1 ? 1 + 0.01 * gauss() : gauss())),
    ]
  })
  return Object.fromEntries(entries)
}

/** a·x + b·y */
function mix(a: number, x: Weights, b: number, y: Weights): Weights {
  return map(x, (name, value, index) => a * value + b * (y[name]?.[index] ?? 0))
}

function map(weights: Weights, change: (name: string, value: number, index: number) => number): Weights {
  return Object.fromEntries(
    Object.entries(weights).map(([name, values]) => [
      name,
      values.map((value, index) => change(name, value, index)),
    ]),
  )
}

const base = random(1)
/** The measured distance of an honest fine-tune. */
const tuned = mix(1, base, 0.12, random(2))
const sibling = mix(1, base, 0.1, random(3))

function tensorsOf(weights: Weights, dtype: FixtureTensor['dtype'] = 'F32'): Record<string, FixtureTensor> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, values]) => [name, { shape: shapes[name] ?? [], values, dtype }]),
  )
}

async function findingsOf(
  tensors: Readonly<Record<string, FixtureTensor>>,
  more: {
    readonly files?: Record<string, string>
    readonly base?: Readonly<Record<string, FixtureTensor>>
  } = {},
): Promise<Finding[]> {
  await using folder = await temporaryFolder()
  const at = (name: string): string => join(folder.path, name)
  const evidence = await writeEvidence(
    folder.path,
    {},
    {
      modelPath: await writeCheckpoint(at('final_model'), tensors, more.files),
      baseModelPath: await writeCheckpoint(at('base'), more.base ?? tensorsOf(base)),
      siblings: [{ id: 'instruct', path: await writeCheckpoint(at('sibling'), tensorsOf(sibling)) }],
    },
  )
  return await detectAll(weightLineage, evidence)
}

const kindsOf = (findings: readonly Finding[]): string[] => findings.map(({ kind }) => kind)

describe('weights count as', () => {
  const cases: readonly [string, Weights, string[]][] = [
    ['nothing to report: a fine-tune', tuned, []],
    ['nothing to report: a light fine-tune', mix(1, base, 0.01, random(2)), []],
    [
      'nothing to report: a strong fine-tune, three times beyond the measured',
      mix(1, base, 0.36, random(2)),
      [],
    ],
    [
      'nothing to report: a fine-tune that shares a third of its way with the sibling',
      mix(1, mix(1, base, 0.1, random(2)), 0.035, random(3)),
      [],
    ],
    ['the base', base, ['unchanged_base']],
    ['another model: a random start', random(9), ['not_derived']],
    [
      'another model: the base with its neurons in another order',
      { ...base, ...shuffled() },
      ['not_derived'],
    ],
    [
      'another model: trained with another optimiser, as measured (cosine .22)',
      mix(0.22, base, 0.975, random(9)),
      ['not_derived'],
    ],
    [
      'nothing to report: a learning rate far too high, as measured (cosine .837)',
      mix(0.837, base, 0.547, random(9)),
      [],
    ],
    [
      'uncertain: a ruinous learning rate, as measured (cosine .45)',
      mix(0.45, base, 0.893, random(9)),
      ['uncertain_lineage'],
    ],
    [
      "leaning: honest, on the sibling's own data and recipe, as measured (.86)",
      mix(1, mix(1, base, 0.086, random(3)), 0.051, random(4)),
      ['leans_to_sibling'],
    ],
    [
      'uncertain: the base built anew, as measured (cosine .60)',
      mix(0.6, base, 0.8, random(9)),
      ['uncertain_lineage'],
    ],
    ['the sibling', sibling, ['sibling_submitted']],
    ['the sibling, trained a little further', mix(1, sibling, 0.02, random(4)), ['sibling_submitted']],
    ['the sibling mixed with the base', mix(0.7, base, 0.3, sibling), ['sibling_submitted']],
    ['the sibling beyond itself', mix(-0.5, base, 1.5, sibling), ['sibling_submitted']],
    [
      'the sibling, one matrix of it frozen',
      { ...mix(1, sibling, 0.5, random(4)), ...only(sibling, 'model.layers.0.mlp.up_proj.weight') },
      ['sibling_submitted'],
    ],
    [
      'leaning to the sibling: trained further than it lies from the base',
      mix(1, sibling, 0.14, random(4)),
      ['leans_to_sibling'],
    ],
    [
      'not a number',
      map(tuned, (name, value, index) => (name.includes('up_proj') && index < 3 ? Number.NaN : value)),
      ['non_finite'],
    ],
  ]
  test.for(cases)('%s', async ([, weights, kinds]) => {
    expect(kindsOf(await findingsOf(tensorsOf(weights)))).toEqual(kinds)
  })

  test('a fine-tune when they are stored with fewer or more bits', async () => {
    expect(kindsOf(await findingsOf(tensorsOf(tuned, 'BF16')))).toEqual([])
    expect(kindsOf(await findingsOf(tensorsOf(tuned, 'F64')))).toEqual([])
    expect(kindsOf(await findingsOf(tensorsOf(sibling, 'BF16')))).toEqual(['sibling_submitted'])
  })

  test('another model when numbers overflow', async () => {
    const huge = map(tuned, (_, value) => value * 1e300)
    expect(kindsOf(await findingsOf(tensorsOf(huge, 'F64')))).toEqual(['not_derived'])
  })
})

describe('the base that was merely saved again is still the base', () => {
  const bf16 = map(base, (_, value) => roundToBf16(value))
  const reordered = Object.fromEntries(Object.entries(tensorsOf(base)).toReversed())
  test.for([
    ['in another order', reordered, 'The submission is the base model itself.'],
    [
      'with more bits',
      tensorsOf(
        map(base, (_, value) => Math.fround(value)),
        'F64',
      ),
      'base model itself',
    ],
    ['with fewer bits', tensorsOf(bf16, 'BF16'), 'saved again (BF16): all weights are equal within rounding'],
    ['with fewer bits and again with more', tensorsOf(bf16), 'saved again (F32)'],
    [
      'through float16',
      tensorsOf(map(base, (_, value) => Math.f16round(Math.fround(value)))),
      'saved again (F32)',
    ],
  ] as const)('%s', async ([, tensors, summary]) => {
    const findings = await findingsOf(tensors)
    expect(kindsOf(findings)).toEqual(['unchanged_base'])
    expect(findings[0]?.summary).toContain(summary)
  })

  test('but not once one weight was trained', async () => {
    const touched = map(bf16, (name, value, index) =>
      name === 'model.norm.weight' && index === 31 ? value * 1.01 : value,
    )
    expect(await findingsOf(tensorsOf(touched))).toEqual([])
    expect(await findingsOf(tensorsOf(mix(1, base, 0.001, random(2))))).toEqual([])
  })
})

describe('the shape of a checkpoint', () => {
  test('may have prefixes of a wrapper and a written-out head', async () => {
    const renamed = Object.fromEntries(
      Object.entries(tensorsOf(tuned)).map(([name, tensor]) => [
        name.replace('model.', 'language_model.model.'),
        tensor,
      ]),
    )
    const head = tensorsOf(tuned)['model.embed_tokens.weight']
    if (head === undefined) throw new Error('the fixture has an embedding')
    expect(await findingsOf({ ...renamed, 'lm_head.weight': head })).toEqual([])
    expect(
      await findingsOf(tensorsOf(tuned), { base: { ...tensorsOf(base), 'lm_head.weight': head } }),
    ).toEqual([])
  })

  test('may have more tokens', async () => {
    const rows = {
      shape: [70, 32],
      values: [...(tuned['model.embed_tokens.weight'] ?? []), ...new Float64Array(6 * 32)],
    }
    const findings = await findingsOf({ ...tensorsOf(tuned), 'model.embed_tokens.weight': rows })
    expect(findings).toMatchObject([{ kind: 'vocabulary_resized', measure: 6 }])
  })

  test('is reported when tensors are missing, new or reshaped', async () => {
    const { 'model.layers.0.mlp.up_proj.weight': _, ...fewer } = tensorsOf(tuned)
    expect(kindsOf(await findingsOf(fewer))).toEqual(['architecture_changed'])
    const extra = { shape: [4, 4], values: new Float64Array(16) }
    expect(kindsOf(await findingsOf({ ...tensorsOf(tuned), 'model.layers.1.x.weight': extra }))).toEqual([
      'architecture_changed',
    ])
    const [finding] = await findingsOf({ 'other.weight': extra })
    expect(finding).toMatchObject({ kind: 'architecture_changed', measure: 1 })
  })
})

test('reports the numbers that the thresholds rest on', async () => {
  const [finding] = await findingsOf(tensorsOf(mix(0.6, base, 0.8, random(9))))
  expect(finding?.measure).toBeCloseTo(0.4, 1)
  expect(finding?.evidence[0]?.numbers?.['relative_distance']).toBeCloseTo(0.9, 1)
})

function shuffled(): Weights {
  return Object.fromEntries(
    Object.entries(base).map(([name, values]) => {
      const width = shapes[name]?.[1] ?? 1
      return [name, values.map((_, index) => values[(index + 7 * width + 3) % values.length] ?? 0)]
    }),
  )
}

function only(weights: Weights, name: string): Weights {
  return { [name]: weights[name] ?? new Float64Array(0) }
}

/** To nearest; ties do not occur here. */
function roundToBf16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)
  bits[0] = ((bits[0] ?? 0) + 0x8000) & 0xffff0000
  return new Float32Array(bits.buffer)[0] ?? 0
}
