import * as z from 'zod'
import type { Item } from '../../domain/benchmark.ts'
import { createPythonRandom } from '../../lib/python/mersenne-twister.ts'

/** The published order does not depend on the protocol. */
const orderSeed = 42

const rubricSchema = z.object({ criterion: z.string(), points: z.number(), tags: z.array(z.string()) })
const rowSchema = z.object({
  prompt_id: z.string(),
  prompt: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })).min(1),
  rubrics: z.array(rubricSchema).min(1),
  example_tags: z.array(z.string()),
  ideal_completions_data: z.object({ ideal_completion: z.string() }).nullish(),
})

/** What scoring needs of an item, as its metadata. */
export const rubricsSchema = z.object({
  theme: z.string(),
  criteria: z.array(z.object({ criterion: z.string(), points: z.number(), axis: z.string() })).min(1),
})
export type Rubrics = z.infer<typeof rubricsSchema>

export function parseHealthbenchItems(rows: readonly unknown[]): Item[] {
  const parsed = rows.map((row) => rowSchema.parse(row))
  return createPythonRandom(orderSeed).shuffle(parsed).map(toItem)
}

function toItem({
  prompt_id: id,
  prompt,
  rubrics,
  example_tags,
  ideal_completions_data: ideal,
}: z.infer<typeof rowSchema>): Item {
  const metadata: Rubrics = {
    theme: tagOf(example_tags, 'theme'),
    criteria: rubrics.map(({ criterion, points, tags }) => ({
      criterion,
      points,
      axis: tagOf(tags, 'axis'),
    })),
  }
  return {
    id,
    messages: prompt,
    target: ideal?.ideal_completion ?? '',
    fingerprints: [prompt.at(-1)?.content ?? '', ...(ideal ? [ideal.ideal_completion] : [])],
    metadata,
  }
}

/** The first tag of its kind. */
function tagOf(tags: readonly string[], kind: string): string {
  return tags.find((tag) => tag.startsWith(`${kind}:`))?.slice(kind.length + 1) ?? 'unknown'
}
