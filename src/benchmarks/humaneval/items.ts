import * as z from 'zod'
import type { Item } from '../../domain/benchmark.ts'

/** A row of the data set; also what scoring finds as an item's metadata. */
export const problemSchema = z.object({
  task_id: z.string(),
  prompt: z.string(),
  canonical_solution: z.string(),
  test: z.string(),
  entry_point: z.string(),
})

/** The wording of inspect_evals at 06001a8 (MIT), to the byte: scores depend on it. */
export function humanevalPrompt(prompt: string): string {
  return `
Read the following function signature and docstring, and fully implement
the function described. Your response should only contain the code for
this function.

${prompt}`
}

export function parseHumanevalItems(rows: readonly unknown[]): Item[] {
  return rows.map((row) => {
    const problem = problemSchema.parse(row)
    return {
      id: problem.task_id,
      messages: [{ role: 'user', content: humanevalPrompt(problem.prompt) }],
      target: problem.canonical_solution,
      fingerprints: [problem.prompt],
      metadata: { ...problem },
    }
  })
}
