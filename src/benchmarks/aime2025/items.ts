import * as z from 'zod'
import type { Item } from '../../domain/benchmark.ts'

const rowSchema = z.object({
  id: z.union([z.string(), z.number()]).transform(String),
  problem: z.string(),
  answer: z.union([z.string(), z.number()]).transform(String),
})

/** The wording of inspect_evals at 06001a8 (MIT), to the byte: scores depend on it. */
export function aimePrompt(problem: string): string {
  return `Solve the following math problem step by step.
The last line of your response should be of the form "ANSWER: $ANSWER" (without quotes) where $ANSWER is the answer to the problem.

${problem}

Remember to put your answer on its own line at the end in the form "ANSWER: $ANSWER" (without quotes) where $ANSWER is the answer to the problem, and you do not need to use a \\boxed command.`
}

/** The problems as the data have them: control characters in some of them are the source's. */
export function parseAimeItems(rows: readonly unknown[]): Item[] {
  return rows.map((row) => {
    const { id, problem, answer } = rowSchema.parse(row)
    return {
      id,
      messages: [{ role: 'user', content: aimePrompt(problem) }],
      target: answer,
      fingerprints: [problem],
    }
  })
}
