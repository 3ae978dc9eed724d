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
import { cosine, isRoundedCopy, relativeDistance, type TensorComparison } from '../../lib/compare-tensors.ts'
import { readCheckpointTensors, type CheckpointTensors } from '../../lib/safetensors.ts'
import { lineageThresholds } from '../lineage-thresholds.ts'

/**
 * Where the submitted weights come from. Measured on the nano tier (relative distance to the base, cosine with it):
 * honest fine-tunes .049–.178 and .984–.999, with learning rates far too high .26/.967, .63/.837 and 1.89/.45; the base
 * rebuilt from its own recipe and seed .90 and .60, with another optimiser 1.01 and .22; a random start 1.05 and .047.
 */
export const weightLineage = {
  id: 'weight-lineage',
  title: 'Descent of the submitted weights',
  version: 2,
  kinds: {
    unchanged_base: 'The submission is the base model, bit by bit or saved again in another number format.',
    sibling_submitted:
      'The weights lie on the way from the base to a model that must not be submitted, or hold tensors of it unchanged; the measure is the cosine between the two ways (1 for unchanged tensors).',
    leans_to_sibling: 'The weights moved noticeably towards a model that must not be submitted.',
    not_derived: 'The weights have nothing to do with the base; the measure is 1 - cosine.',
    uncertain_lineage:
      'The weights are akin to the base but farther from it than fine-tuning goes; the measure is 1 - cosine.',
    architecture_changed:
      'Tensors were added, left out or reshaped; the measure is their share of all parameters.',
    vocabulary_resized: 'Embedding rows were added or removed; the measure is their number.',
    not_comparable:
      'Weights are stored as integers, so their descent cannot be seen; the measure is their share.',
    non_finite: 'Weights are infinite or not a number; the measure is how many.',
  },
  detect,
} satisfies Detector

async function* detect(evidence: SealedEvidence): AsyncIterable<Finding> {
  if (evidence.modelPath === null) return
  const submission = await readCheckpointTensors(evidence.modelPath)
  const base = await readCheckpointTensors(evidence.baseModelPath)
  const pairing = pairTensors(submission, base)
  const toBase = await comparePairs(pairing.pairs)
  yield* judgeShape(pairing, submission, base)
  yield* await judgeBase(pairing, toBase)
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

async function judgeBase(pairing: CheckpointPairs, toBase: Comparisons): Promise<Finding[]> {
  const findings: Finding[] = []
  const everything = sumComparisons(toBase.values())
  if (everything.nonFinite > 0)
    findings.push(
      finding('non_finite', everything.nonFinite, `${everything.nonFinite} weights are not finite.`, [
        { tensor: [...toBase].find(([, { nonFinite }]) => nonFinite > 0)?.[0] ?? '' },
      ]),
    )
  const copy = await judgeCopy(pairing, everything)
  if (copy !== null) return [...findings, copy]
  const matrices = pairing.pairs.filter(({ a }) => isMatrix(a)).map(({ name }) => name)
  const sum = sumComparisons(pick(toBase, matrices.length > 0 ? matrices : [...toBase.keys()]))
  // Without a common tensor there is nothing to judge; architecture_changed or not_comparable says so.
  if (sum.elements === 0) return findings
  const similarity = cosine(sum)
  const numbers = { ...describe(sum), cosine: similarity }
  const text = `cosine ${similarity.toFixed(3)}, relative distance ${relativeDistance(sum).toFixed(3)}`
  const evidence = [{ numbers }, ...farthest(toBase, matrices)]
  if (similarity < lineageThresholds.unrelated)
    findings.push(
      finding('not_derived', 1 - similarity, `The weights are unrelated to the base (${text}).`, evidence),
    )
  else if (similarity < lineageThresholds.derived)
    findings.push(
      finding('uncertain_lineage', 1 - similarity, `The weights are far from the base (${text}).`, evidence),
    )
  return findings
}

async function judgeCopy(pairing: CheckpointPairs, everything: TensorComparison): Promise<Finding | null> {
  const { pairs, onlyA, onlyB, notComparable } = pairing
  if (pairs.length === 0 || onlyA.length + onlyB.length + notComparable.length > 0) return null
  if (everything.nonFinite > 0 || relativeDistance(everything) > lineageThresholds.copy) return null
  const evidence: Evidence[] = [{ numbers: describe(everything) }]
  if (everything.equal === everything.elements && everything.dd === 0)
    return finding('unchanged_base', 1, 'The submission is the base model itself.', evidence)
  for (const { a, b } of pairs) if (!(await isRoundedCopy(a, b))) return null
  const formats = [...new Set(pairs.map(({ a }) => a.dtype))].join(', ')
  return finding(
    'unchanged_base',
    1,
    `The submission is the base model saved again (${formats}): all weights are equal within rounding.`,
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
        distance_to_sibling: finite(relativeDistance(near)),
        distance_to_base: finite(relativeDistance(far)),
        sibling_to_base: finite(relativeDistance(gap)),
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
    relative_distance: finite(relativeDistance(sum)),
    equal_share: sum.equal / Math.max(1, sum.elements),
    elements: sum.elements,
  }
}

/** JSON has no infinity. */
function finite(distance: number): number {
  return Math.min(distance, Number.MAX_VALUE)
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

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
