/**
 * Runs `work` on every item, at most `concurrency` at a time, in order of the items. Resolves with the results in that
 * order; the first failure stops it.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const queue = items.entries()
  const results: R[] = []
  let failed = false
  async function drain(): Promise<void> {
    for (const [index, item] of queue) {
      if (failed) return
      try {
        results[index] = await work(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const workers = Array.from({ length: Math.max(1, Math.min(concurrency, items.length)) }, drain)
  for (const result of await Promise.allSettled(workers))
    if (result.status === 'rejected') throw result.reason
  return results
}
