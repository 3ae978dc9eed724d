import * as z from 'zod'

/** `catalog/prices.yaml`: what a model's tokens cost, since when, and who says so. */
export const pricesFileSchema = z.strictObject({
  prices: z.array(
    z.strictObject({
      model: z.string(),
      /** From this day on; the newest entry of a model that is not in the future counts. */
      since: z.iso.date(),
      source: z.string(),
      usdPerMillionTokens: z.strictObject({
        input: z.number().nonnegative(),
        cachedInput: z.number().nonnegative().optional(),
        cacheWrite: z.number().nonnegative().optional(),
        /** Reasoning included. */
        output: z.number().nonnegative(),
      }),
    }),
  ),
})
export type Price = z.infer<typeof pricesFileSchema>['prices'][number]

/** Null for a model without a price. `day` as `2026-01-31`. */
export function findPrice(prices: readonly Price[], model: string, day: string): Price | null {
  const known = prices.filter((price) => price.model === model && price.since <= day)
  return known.sort((a, b) => a.since.localeCompare(b.since)).at(-1) ?? null
}

/** In US dollars. */
export function costOf(
  { usdPerMillionTokens: price }: Price,
  tokens: { readonly input: number; readonly output: number },
): number {
  return (tokens.input * price.input + tokens.output * price.output) / 1e6
}
