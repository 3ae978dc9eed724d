import {
  addComparisons,
  compareTensors,
  isComparable,
  noComparison,
  type TensorComparison,
} from './compare-tensors.ts'
import { dtypeBytes, type CheckpointTensors, type Tensor } from './safetensors.ts'

export interface TensorPair {
  /** Name in the first checkpoint. */
  readonly name: string
  readonly a: Tensor
  readonly b: Tensor
  /** Both are embeddings or output heads with unlike numbers of rows. */
  readonly resized: boolean
}

export interface CheckpointPairs {
  readonly pairs: readonly TensorPair[]
  /** Tensors of one side without a counterpart of the same shape on the other. */
  readonly onlyA: readonly Tensor[]
  readonly onlyB: readonly Tensor[]
  /** Tensors of `a` that are not stored as floating-point numbers. */
  readonly notComparable: readonly Tensor[]
}

/**
 * Finds for each tensor its counterpart. Prefixes that wrappers add (`model.`, `language_model.`) do not matter, nor
 * does it whether a tied output head was written out.
 */
export function pairTensors(a: CheckpointTensors, b: CheckpointTensors): CheckpointPairs {
  const left = byPlainName(a)
  const right = byPlainName(b)
  const pairs: TensorPair[] = []
  const onlyA: Tensor[] = []
  const notComparable: Tensor[] = []
  const matched = new Set<Tensor>()
  for (const [name, tensor] of left) {
    const other = right.get(name) ?? (name === head ? right.get(embedding) : undefined)
    if (!isComparable(tensor)) notComparable.push(tensor)
    else if (other === undefined || !isComparable(other) || !sameShape(name, tensor, other))
      onlyA.push(tensor)
    else {
      pairs.push({ name: tensor.name, a: tensor, b: other, resized: tensor.shape[0] !== other.shape[0] })
      matched.add(other)
    }
  }
  const tiedHead = left.has(head) ? undefined : right.get(head)
  const onlyB = [...right.values()].filter((tensor) => !matched.has(tensor) && tensor !== tiedHead)
  return { pairs, onlyA, onlyB, notComparable }
}

const head = 'lm_head.weight'
const embedding = 'embed_tokens.weight'

function byPlainName({ tensors }: CheckpointTensors): ReadonlyMap<string, Tensor> {
  const wrappers = new Set(['model', 'language_model', 'base_model'])
  const plain = new Map<string, Tensor>()
  for (const [name, tensor] of tensors) {
    const short = name
      .split('.')
      .filter((part) => !wrappers.has(part))
      .join('.')
    plain.set(plain.has(short) ? name : short, tensor)
  }
  return plain
}

function sameShape(name: string, a: Tensor, b: Tensor): boolean {
  if (a.shape.length !== b.shape.length) return false
  const vocabulary = name === head || name === embedding
  return a.shape.every((size, axis) => size === b.shape[axis] || (vocabulary && axis === 0 && size > 0))
}

/** Matrices carry a model's knowledge; vectors (norms) are alike in unrelated models and would hide that. */
export function isMatrix(tensor: Tensor): boolean {
  return tensor.shape.length >= 2
}

export function countElements(tensors: Iterable<Tensor>): number {
  let sum = 0
  for (const { start, end, dtype } of tensors) sum += (end - start) / (dtypeBytes.get(dtype) ?? 1)
  return sum
}

export type Comparisons = ReadonlyMap<string, TensorComparison>

/** Compares each pair, one after the other in constant memory. Keyed by the name in the first checkpoint. */
export async function comparePairs(pairs: readonly TensorPair[]): Promise<Comparisons> {
  const comparisons = new Map<string, TensorComparison>()
  for (const { name, a, b } of pairs) comparisons.set(name, await compareTensors(a, b))
  return comparisons
}

export function sumComparisons(comparisons: Iterable<TensorComparison>): TensorComparison {
  let sum = noComparison
  for (const comparison of comparisons) sum = addComparisons(sum, comparison)
  return sum
}
