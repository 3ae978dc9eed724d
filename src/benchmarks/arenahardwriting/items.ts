import * as z from 'zod'
import type { Item } from '../../domain/benchmark.ts'
import { createPythonRandom } from '../../lib/python/mersenne-twister.ts'

/** The published order does not depend on the protocol. */
const orderSeed = 42

const questionSchema = z.object({ uid: z.string(), category: z.string(), prompt: z.string() })
const baselineSchema = z.object({
  uid: z.string(),
  messages: z.array(z.object({ content: z.unknown() })).min(1),
})
const answerSchema = z.object({ answer: z.string() })

/** Each item's target is the answer that it is compared with. */
export function parseArenaItems(questions: readonly unknown[], baseline: readonly unknown[]): Item[] {
  const answers = new Map(
    baseline.map((row) => {
      const { uid, messages } = baselineSchema.parse(row)
      return [uid, answerSchema.parse(messages.at(-1)?.content).answer]
    }),
  )
  const rows = questions.map((row) => questionSchema.parse(row))
  return createPythonRandom(orderSeed)
    .shuffle(rows)
    .map(({ uid, prompt }) => {
      const target = answers.get(uid)
      if (target === undefined) throw new Error(`the baseline answers have none to question ${uid}`)
      return { id: uid, messages: [{ role: 'user', content: prompt }], target, fingerprints: [prompt] }
    })
}
