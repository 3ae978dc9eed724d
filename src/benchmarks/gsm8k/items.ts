import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { Item } from '../../domain/benchmark.ts'

const rowSchema = z.object({ question: z.string(), answer: z.string() })

/** numpy's `default_rng(42).permutation(7473)`, its first ten: the rows that the reference shows as examples. */
const exampleRows = [3082, 2184, 5897, 2437, 6330, 819, 3812, 5878, 5302, 5876]

/** The wording of inspect_evals at 06001a8 (MIT), to the byte: scores depend on it. */
export function gsm8kPrompt(question: string): string {
  return `Solve the following math problem step by step. The last line of your response should be of the form "ANSWER: $ANSWER" (without quotes) where $ANSWER is the answer to the problem.

${question}

Remember to put your answer on its own line at the end in the form "ANSWER: $ANSWER" (without quotes) where $ANSWER is the answer to the problem, and you do not need to use a \\boxed command.

Reasoning:`
}

/** All ten examples in one system message. */
export function gsm8kExamples(train: readonly unknown[]): string {
  return exampleRows
    .map((index) => {
      const { question, answer } = rowSchema.parse(train[index])
      return `${question}\n\nReasoning:\n${solutionOf(answer)}\n\nANSWER: ${targetOf(answer)}`
    })
    .join('\n\n')
}

export function parseGsm8kItems(rows: readonly unknown[], examples: string): Item[] {
  return rows.map((row) => {
    const { question, answer } = rowSchema.parse(row)
    return {
      id: `gsm8k_${createHash('md5').update(question).digest('hex').slice(0, 8)}`,
      messages: [
        { role: 'system', content: examples },
        { role: 'user', content: gsm8kPrompt(question) },
      ],
      target: targetOf(answer),
      fingerprints: [question],
    }
  })
}

/** Training items show the question alone: who learns from them needs no further examples. */
export function parseGsm8kTraining(rows: readonly unknown[]): Item[] {
  return rows.map((row, index) => {
    const { question, answer } = rowSchema.parse(row)
    return {
      id: `gsm8k_train_${index}`,
      messages: [{ role: 'user', content: gsm8kPrompt(question) }],
      target: targetOf(answer),
      completion: `${solutionOf(answer)}\n\nANSWER: ${targetOf(answer)}`,
      fingerprints: [question],
    }
  })
}

function solutionOf(answer: string): string {
  return answer.slice(0, answer.indexOf('####')).trim()
}

function targetOf(answer: string): string {
  return answer.slice(answer.lastIndexOf('####') + 4).trim()
}
