import {
  comparePairs,
  countElements,
  isMatrix,
  pairTensors,
  sumComparisons,
  type TensorPair,
} from '../lib/compare-checkpoints.ts'
import { cosine } from '../lib/compare-tensors.ts'
import {
  dtypeBytes,
  readSafetensorsHeader,
  SafetensorsError,
  type CheckpointTensors,
} from '../lib/safetensors.ts'
import { lineageThresholds } from './lineage-thresholds.ts'

export type WeightsOrigin =
  /** No safetensors, nothing that resembles the base in shape, or akin to it. */
  | { readonly kind: 'nothing' }
  /** Not to be read, or stored as integers. */
  | { readonly kind: 'not_comparable'; readonly why: string }
  /** Matrices of the base's shape that have nothing to do with it. */
  | { readonly kind: 'unrelated'; readonly cosine: number }
  /** Most of it has no counterpart in the base. */
  | { readonly kind: 'other_shape'; readonly share: number }

/** A sample is enough: unrelated weights have a cosine near zero everywhere. */
const maxElements = 64 * 1024 * 1024

/** Where a weight file comes from, whatever its name. At most `maxElements` numbers are compared. */
export async function readWeightsOrigin(path: string, base: CheckpointTensors): Promise<WeightsOrigin> {
  const file = await readSafetensorsHeader(path).catch((error: unknown) => {
    if (error instanceof SafetensorsError) return error
    throw error
  })
  if (file instanceof SafetensorsError)
    return path.endsWith('.safetensors') ? { kind: 'not_comparable', why: file.code } : { kind: 'nothing' }
  const tensors = new Map(file.tensors.map((tensor) => [tensor.name, tensor]))
  const { pairs, onlyA, notComparable } = pairTensors({ files: [file], tensors }, base)
  const matrices = pairs.filter(({ a }) => isMatrix(a))
  const paired = countElements(matrices.map(({ a }) => a))
  const other = countElements(onlyA.filter(isMatrix))
  if (paired + other === 0 || countElements(notComparable) > paired + other)
    return notComparable.length === 0 ? { kind: 'nothing' } : { kind: 'not_comparable', why: 'integers' }
  if (paired < other) return { kind: 'other_shape', share: other / (paired + other) }
  const each = Math.max(1024, Math.floor(maxElements / matrices.length))
  const similarity = cosine(
    sumComparisons((await comparePairs(matrices.map((pair) => shorten(pair, each)))).values()),
  )
  return similarity < lineageThresholds.unrelated
    ? { kind: 'unrelated', cosine: similarity }
    : { kind: 'nothing' }
}

/** The first elements of both. */
function shorten(pair: TensorPair, elements: number): TensorPair {
  const cut = (tensor: TensorPair['a']): TensorPair['a'] => ({
    ...tensor,
    end: Math.min(tensor.end, tensor.start + elements * (dtypeBytes.get(tensor.dtype) ?? 1)),
  })
  return { ...pair, a: cut(pair.a), b: cut(pair.b) }
}
