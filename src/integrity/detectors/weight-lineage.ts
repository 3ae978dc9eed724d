import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Detector, SealedEvidence } from '../../domain/detector.ts'
import type { Evidence, Finding } from '../../domain/finding.ts'
import {
  comparePairs,
  countElements,
  isMatrix,
  pairTensors,
  sumComparisons,
  type CheckpointPairs,
  type Comparisons,
} from '../../lib/compare-checkpoints.ts'
import { cosine, relativeDistance, type TensorComparison } from '../../lib/compare-tensors.ts'
import { readCheckpointTensors, type CheckpointTensors } from '../../lib/safetensors.ts'
import { isJsonObject } from '../../lib/strict-json.ts'

/**
 * Where the submitted weights come from. Measured on the nano tier (relative distance to the base, cosine with it):
 * honest fine-tunes .049–.178 and .984–.999, with learning rates far too high .26/.967, .63/.837 and 1.89/.45; the base
 * rebuilt from its own recipe and seed .90 and .60, with another optimiser 1.01 and .22; a random start 1.05 and .047.
 */
export const weightLineage = {
  id: 'weight-lineage',
  title: 'Descent of the submitted weights',
  version: 1,
  kinds: {
    unchanged_base: 'The submission is the base model, bit by bit.',
    sibling_submitted:
      'The weights lie on the way from the base to a model that must not be submitted, or hold tensors of it unchanged; the measure is the cosine between the two ways (1 for unchanged tensors).',
    leans_to_sibling: 'The weights moved noticeably towards a model that must not be submitted.',
    not_derived: 'The weights have nothing to do with the base; the measure is 1 - cosine.',
    uncertain_lineage:
      'The weights are akin to the base but farther from it than fine-tuning goes; the measure is 1 - cosine.',
    architecture_changed:
      'Tensors were added, left out or reshaped; the measure is their share of all parameters.',
    relabelled: 'config.json names another model type or architecture than the base.',
    vocabulary_resized: 'Embedding rows were added or removed; the measure is their number.',
    not_comparable:
      'Weights are stored as integers, so their descent cannot be seen; the measure is their share.',
    non_finite: 'Weights are infinite or not a number; the measure is how many.',
  },
  detect,
} satisfies Detector

const lineageThresholds = {
  /** Cosine with the base above which weights count as its fine-tune: between .60 (rebuilt) and .837 (absurd rate). */
  derived: 0.75,
  /** Cosine with the base below which they count as unrelated: between .22 (other optimiser) and .45 (ruined). */
  unrelated: 0.3,
  /**
   * Cosine between (submission - base) and (sibling - base). The sibling itself, and any mix of it with the base, has 1;
   * the sibling trained further by u times its distance from the base 1/√(1+u²): .95 for u = .33, .5 for u = 1.7.
   * Honest runs on the nano tier: .07 for another task, .30–.59 for a part of the sibling's training data, and .83–.86
   * for exactly its data and recipe with another seed. So only what lies clearly above that is the sibling.
   */
  siblingAlignment: 0.95,
  leaningAlignment: 0.5,
  /** Share of the parameters in matrices that equal the sibling's and not the base's: training never produces one. */
  siblingTensors: 0.001,
} as const

async function* detect(evidence: SealedEvidence): AsyncIterable<Finding> {
  if (evidence.modelPath === null) return
  const submission = await readCheckpointTensors(evidence.modelPath)
  const base = await readCheckpointTensors(evidence.baseModelPath)
  const pairing = pairTensors(submission, base)
  const toBase = await comparePairs(pairing.pairs)
  yield* compareConfigs(evidence)
  yield* judgeShape(pairing, submission, base)
  yield* judgeBase(pairing, toBase)
  for (const sibling of evidence.siblings) {
    const tensors = await readCheckpointTensors(sibling.path)
    yield* await judgeSibling(sibling.id, { submission, base, sibling: tensors }, toBase)
  }
}

function finding(
  kind: keyof typeof weightLineage.kinds,
  measure: number,
  summary: string,
  evidence: Evidence[],
): Finding {
  return { detector: 'weight-lineage', kind, summary, measure, evidence }
}

function* judgeShape(
  pairing: CheckpointPairs,
  submission: CheckpointTensors,
  base: CheckpointTensors,
): Iterable<Finding> {
  const all = countElements(submission.tensors.values())
  const integers = countElements(pairing.notComparable) / all
  if (integers > 0)
    yield finding(
      'not_comparable',
      integers,
      `${percent(integers)} of the parameters are stored as integers.`,
      [{ tensor: pairing.notComparable[0]?.name ?? '', numbers: { tensors: pairing.notComparable.length } }],
    )
  const missing = countElements(pairing.onlyB) / countElements(base.tensors.values())
  const added = countElements(pairing.onlyA) / all
  const changed = Math.max(missing, added)
  if (changed > 0)
    yield finding(
      'architecture_changed',
      changed,
      `${pairing.onlyB.length} tensors of the base (${percent(missing)} of its parameters) are missing or reshaped, ${pairing.onlyA.length} are new.`,
      [...pairing.onlyB, ...pairing.onlyA].slice(0, 10).map(({ name }) => ({ tensor: name })),
    )
  for (const { name, a, b, resized } of pairing.pairs) {
    const rows = (a.shape[0] ?? 0) - (b.shape[0] ?? 0)
    if (resized)
      yield finding(
        'vocabulary_resized',
        Math.abs(rows),
        `${name} has ${rows > 0 ? `${rows} more` : `${-rows} fewer`} rows than the base.`,
        [{ tensor: name, numbers: { rows: a.shape[0] ?? 0, base_rows: b.shape[0] ?? 0 } }],
      )
  }
}

function* judgeBase(pairing: CheckpointPairs, toBase: Comparisons): Iterable<Finding> {
  const everything = sumComparisons(toBase.values())
  if (everything.nonFinite > 0)
    yield finding('non_finite', everything.nonFinite, `${everything.nonFinite} weights are not finite.`, [
      { tensor: [...toBase].find(([, { nonFinite }]) => nonFinite > 0)?.[0] ?? '' },
    ])
  const complete = pairing.onlyA.length + pairing.onlyB.length + pairing.notComparable.length === 0
  if (complete && everything.equal === everything.elements) {
    yield finding('unchanged_base', 1, 'The submission is the base model itself.', [])
    return
  }
  const matrices = pairing.pairs.filter(({ a }) => isMatrix(a)).map(({ name }) => name)
  const sum = sumComparisons(pick(toBase, matrices.length > 0 ? matrices : [...toBase.keys()]))
  // Without a common tensor there is nothing to judge; architecture_changed or not_comparable says so.
  if (sum.elements === 0) return
  const similarity = cosine(sum)
  const numbers = { ...describe(sum), cosine: similarity }
  const text = `cosine ${similarity.toFixed(3)}, relative distance ${relativeDistance(sum).toFixed(3)}`
  const evidence = [{ numbers }, ...farthest(toBase, matrices)]
  if (similarity < lineageThresholds.unrelated)
    yield finding('not_derived', 1 - similarity, `The weights are unrelated to the base (${text}).`, evidence)
  else if (similarity < lineageThresholds.derived)
    yield finding(
      'uncertain_lineage',
      1 - similarity,
      `The weights are far from the base (${text}).`,
      evidence,
    )
}

interface Lineage {
  readonly submission: CheckpointTensors
  readonly base: CheckpointTensors
  readonly sibling: CheckpointTensors
}

async function judgeSibling(id: string, lineage: Lineage, toBase: Comparisons): Promise<Finding[]> {
  const sameSize = (pairing: CheckpointPairs): CheckpointPairs['pairs'] =>
    pairing.pairs.filter(({ a, resized }) => isMatrix(a) && !resized)
  const toSibling = await comparePairs(sameSize(pairTensors(lineage.submission, lineage.sibling)))
  const siblingPairs = sameSize(pairTensors(lineage.sibling, lineage.base))
  const baseNames = new Map(
    pairTensors(lineage.submission, lineage.base).pairs.map(({ name, b }) => [name, b.name]),
  )
  const names = [...toSibling.keys()].filter((name) => toBase.has(name))
  const wanted = new Set(names.map((name) => baseNames.get(name)))
  const siblingToBase = await comparePairs(siblingPairs.filter(({ b }) => wanted.has(b.name)))

  const near = sumComparisons(pick(toSibling, names))
  const far = sumComparisons(pick(toBase, names))
  const gap = sumComparisons(siblingToBase.values())
  const taken = names.filter((name) => toSibling.get(name)?.dd === 0 && (toBase.get(name)?.dd ?? 0) > 0)
  const takenShare = sumComparisons(pick(toSibling, taken)).elements / Math.max(1, near.elements)
  const alignment = alignmentOf(near, far, gap)
  const copied = takenShare >= lineageThresholds.siblingTensors
  const unlikeBase = near.dd === 0 && near.elements > 0 && far.dd > 0
  const measure = copied || unlikeBase ? 1 : alignment
  const evidence: Evidence[] = [
    {
      numbers: {
        alignment,
        taken_share: takenShare,
        distance_to_sibling: relativeDistance(near),
        distance_to_base: relativeDistance(far),
        sibling_to_base: relativeDistance(gap),
      },
    },
    ...taken.slice(0, 10).map((tensor) => ({ tensor })),
  ]
  const text = `cosine ${alignment.toFixed(3)} between the ways from the base, ${percent(takenShare)} of the parameters taken over unchanged`
  if (measure >= lineageThresholds.siblingAlignment)
    return [finding('sibling_submitted', measure, `The weights are those of ${id} (${text}).`, evidence)]
  if (measure >= lineageThresholds.leaningAlignment)
    return [finding('leans_to_sibling', measure, `The weights lean towards ${id} (${text}).`, evidence)]
  return []
}

/** From the three sides of the triangle submission, base, sibling by the law of cosines. */
function alignmentOf(near: TensorComparison, far: TensorComparison, gap: TensorComparison): number {
  const value = (far.dd + gap.dd - near.dd) / (2 * Math.sqrt(far.dd) * Math.sqrt(gap.dd))
  return Number.isFinite(value) ? Math.min(1, Math.max(-1, value)) : 0
}

function pick(comparisons: Comparisons, names: readonly string[]): TensorComparison[] {
  return names.flatMap((name) => comparisons.get(name) ?? [])
}

function describe(sum: TensorComparison): Record<string, number> {
  return {
    relative_distance: relativeDistance(sum),
    equal_share: sum.equal / Math.max(1, sum.elements),
    elements: sum.elements,
  }
}

function farthest(toBase: Comparisons, names: readonly string[]): Evidence[] {
  return names
    .flatMap((tensor) => {
      const comparison = toBase.get(tensor)
      return comparison === undefined
        ? []
        : [{ tensor, numbers: { cosine: cosine(comparison), ...describe(comparison) } }]
    })
    .sort((a, b) => a.numbers.cosine - b.numbers.cosine)
    .slice(0, 5)
}

async function* compareConfigs({ modelPath, baseModelPath }: SealedEvidence): AsyncIterable<Finding> {
  const [own, base] = [await readConfig(modelPath ?? baseModelPath), await readConfig(baseModelPath)]
  const changed = ['model_type', 'architectures'].filter(
    (key) => JSON.stringify(own[key]) !== JSON.stringify(base[key]),
  )
  if (changed.length > 0)
    yield finding(
      'relabelled',
      changed.length,
      `config.json differs from the base in ${changed.join(' and ')}.`,
      [
        {
          file: 'final_model/config.json',
          excerpt: changed
            .map((key) => `${key}: ${JSON.stringify(own[key])}`)
            .join(', ')
            .slice(0, 200),
        },
      ],
    )
}

async function readConfig(folder: string): Promise<Record<string, unknown>> {
  const value: unknown = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))
  return isJsonObject(value) ? value : {}
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
