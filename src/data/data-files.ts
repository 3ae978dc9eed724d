import { BenchError } from '../domain/error.ts'
import type { DataFiles } from '../domain/scoring.ts'

/** The benchmark data on this machine. */
export function createDataFiles(): DataFiles {
  const path = (dataset: string): Promise<string> =>
    Promise.reject(
      new BenchError(`the data "${dataset}" is not on this machine`, {
        code: 'data/missing',
        kind: 'environment',
        remedy: 'Download it first.',
      }),
    )
  return { path, rows: async (dataset) => [await path(dataset)], has: () => Promise.resolve(false) }
}
