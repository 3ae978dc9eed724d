/**
 * Means over resampled items of many models at once: what adding up would give, in a thirtieth of its time. Thousands of
 * runs would be thousands of millions of additions. Two tricks: the sums of several resamples stand side by side in one
 * number, exact as long as all of them fit in its 53 bits; and for every eight items the sums of all their 256 subsets
 * are looked up instead of added (the method of four Russians). `null` for values that are not 0 and 1 alone.
 */
export function resampleItemMeans(
  /** How often each item occurs, one array for each resample. */
  resamples: readonly Uint32Array[],
  models: readonly Float64Array[],
): (Float64Array | null)[] {
  const items = resamples[0]?.length ?? 0
  // every resample draws as many items as there are, so no sum is larger
  const laneSize = 2 ** Math.ceil(Math.log2(items + 1))
  const lanes = Math.floor(53 / Math.log2(laneSize))
  const blocks = Math.ceil(items / 8)
  const table = new Float64Array(blocks * 256)
  const space = new Float64Array(models.length * resamples.length)
  const means: (Float64Array | null)[] = []
  const binary: { readonly subsets: Uint8Array; readonly means: Float64Array }[] = []
  for (const [index, values] of models.entries()) {
    const subsets = readSubsets(values, blocks)
    const target = space.subarray(index * resamples.length, (index + 1) * resamples.length)
    means.push(subsets === null ? null : target)
    if (subsets !== null) binary.push({ subsets, means: target })
  }
  for (let first = 0; first < resamples.length; first += lanes) {
    const group = resamples.slice(first, first + lanes)
    fillTable(table, packResamples(group, items, laneSize))
    for (const { subsets, means } of binary) {
      let sums = 0
      for (let block = 0; block < blocks; block++) sums += table[block * 256 + (subsets[block] ?? 0)] ?? 0
      for (let lane = 0; lane < group.length; lane++) {
        const rest = Math.floor(sums / laneSize)
        means[first + lane] = (sums - rest * laneSize) / items
        sums = rest
      }
    }
  }
  return means
}

/** One byte for eight items: a bit for each that is 1. */
function readSubsets(values: Float64Array, blocks: number): Uint8Array | null {
  const subsets = new Uint8Array(blocks)
  for (const [item, value] of values.entries()) {
    if (value === 1) subsets[item >> 3] = (subsets[item >> 3] ?? 0) | (1 << (item & 7))
    else if (value !== 0) return null
  }
  return subsets
}

/** For each item its counts in all resamples of the group, the first in the lowest digit of base `laneSize`. */
function packResamples(group: readonly Uint32Array[], items: number, laneSize: number): Float64Array {
  const packed = new Float64Array(items)
  for (const counts of group.toReversed())
    for (let item = 0; item < items; item++)
      packed[item] = (packed[item] ?? 0) * laneSize + (counts[item] ?? 0)
  return packed
}

/** For every block of eight items the sum of each subset: that of the subset without its lowest item, and that item. */
function fillTable(table: Float64Array, packed: Float64Array): void {
  for (let start = 0; start < table.length; start += 256)
    for (let subset = 1; subset < 256; subset++) {
      const lowest = 31 - Math.clz32(subset & -subset)
      table[start + subset] =
        (table[start + (subset & (subset - 1))] ?? 0) + (packed[start / 32 + lowest] ?? 0)
    }
}
