import type { Item } from '../../domain/benchmark.ts'

/**
 * Of a function that occurs in no training item, only the offer tells that it exists: without it, nobody can call it but
 * who learned it from the test.
 */
export function withholdFunction(item: Item): Item | null {
  if (item.metadata?.['seen'] !== false || item.tools === undefined) return null
  const { function: wanted } = item.metadata
  return { ...item, tools: item.tools.filter((tool) => tool.function.name !== wanted) }
}
