import * as z from 'zod'
import type { Item } from '../../domain/benchmark.ts'
import { createPythonRandom } from '../../lib/python/mersenne-twister.ts'

const rowSchema = z.object({
  'Record ID': z.string(),
  Question: z.string(),
  'Correct Answer': z.string(),
  'Incorrect Answer 1': z.string(),
  'Incorrect Answer 2': z.string(),
  'Incorrect Answer 3': z.string(),
})

const letters = ['A', 'B', 'C', 'D'] as const

/** The wording of inspect_ai 0.3.150 (MIT), to the byte: scores depend on it. */
export function gpqaPrompt(question: string, choices: readonly string[]): string {
  const listed = choices.map((choice, index) => `${letters[index]}) ${choice}`).join('\n')
  return `Answer the following multiple choice question. The last line of your response should be of the following format: 'ANSWER: $LETTER' (without quotes) where LETTER is one of ${letters.join(',')}. Think step by step before answering.

${question}

${listed}`
}

/** Choices are shuffled by one generator over all rows in their order, as Python's `Random(seed).shuffle` would. */
export function parseGpqaItems(rows: readonly unknown[], seed: number): Item[] {
  const random = createPythonRandom(seed)
  return rows.map((row) => {
    const parsed = rowSchema.parse(row)
    const answers = [
      parsed['Correct Answer'],
      parsed['Incorrect Answer 1'],
      parsed['Incorrect Answer 2'],
      parsed['Incorrect Answer 3'],
    ]
    const order = random.shuffle([0, 1, 2, 3])
    return {
      id: parsed['Record ID'],
      messages: [
        {
          role: 'user',
          content: gpqaPrompt(
            parsed.Question,
            order.map((index) => answers[index] ?? ''),
          ),
        },
      ],
      target: letters[order.indexOf(0)] ?? 'A',
      fingerprints: [parsed.Question],
    }
  })
}
