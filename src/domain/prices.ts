import * as z from 'zod'

const usd = z.number().nonnegative().max(100_000)

const ratesSchema = z.strictObject({
  input: usd,
  /** Read from the provider's cache; absent: as `input`. */
  cachedInput: usd.optional(),
  /** Written into the provider's cache; absent: as `input`. */
  cacheWrite: usd.optional(),
  /** Written to stay there for an hour; absent: as `cacheWrite`. */
  cacheWriteHour: usd.optional(),
  /** Reasoning included. */
  output: usd,
})
type Rates = z.infer<typeof ratesSchema>

const priceSchema = z.strictObject({
  model: z.string(),
  /** Other names by which the provider takes the same model for the same price. */
  aliases: z.array(z.string()).optional(),
  /** From this day on; the newest entry of a model that is not in the future counts. */
  since: z.iso.date(),
  /** Who says so, in words. */
  source: z.string(),
  usdPerMillionTokens: ratesSchema,
  /** A request with more prompt tokens than this, cached ones included, is charged at other rates as a whole. */
  longPrompts: z
    .strictObject({ abovePromptTokens: z.number().int().positive(), usdPerMillionTokens: ratesSchema })
    .optional(),
  /** The longest prompt that the model takes. */
  maxPromptTokens: z.number().int().positive().optional(),
  /** The most that one answer can have, reasoning included: a spend cap reserves it where a request states no less. */
  maxOutputTokens: z.number().int().positive().optional(),
})
export type Price = z.infer<typeof priceSchema>

/** `catalog/prices.yaml`: what a model's tokens cost, since when, and who says so. */
export const pricesFileSchema = z.strictObject({ prices: z.array(priceSchema) })

/** Null for a model without a price. `day` as `2026-01-31`. */
export function findPrice(prices: readonly Price[], model: string, day: string): Price | null {
  const known = prices.filter(
    (price) => (price.model === model || price.aliases?.includes(model) === true) && price.since <= day,
  )
  return known.sort((a, b) => a.since.localeCompare(b.since)).at(-1) ?? null
}

/** Every token is of one kind. */
export interface TokensToPay {
  /** Neither read from the provider's cache nor written to it. */
  readonly input: number
  readonly cachedInput?: number
  /** To stay for minutes. */
  readonly cacheWrite?: number
  readonly cacheWriteHour?: number
  /** Reasoning included. */
  readonly output: number
}

/** In US dollars. */
export function costOf(price: Price, tokens: TokensToPay): number {
  return costInNanoUsd(price, tokens) / 1e9
}

/** In billionths of a US dollar, rounded up: sums of whole numbers are exact. */
export function costInNanoUsd(price: Price, tokens: TokensToPay): number {
  const { input, cachedInput = 0, cacheWrite = 0, cacheWriteHour = 0, output } = tokens
  const { longPrompts } = price
  const prompt = input + cachedInput + cacheWrite + cacheWriteHour
  const isLong = longPrompts !== undefined && prompt > longPrompts.abovePromptTokens
  const rates = isLong ? longPrompts.usdPerMillionTokens : price.usdPerMillionTokens
  const writeRate = rates.cacheWrite ?? rates.input
  return toNano(
    input * picoUsd(rates.input) +
      cachedInput * picoUsd(rates.cachedInput ?? rates.input) +
      cacheWrite * picoUsd(writeRate) +
      cacheWriteHour * picoUsd(rates.cacheWriteHour ?? writeRate) +
      output * picoUsd(rates.output),
  )
}

/** What a request with no more tokens than these can cost at most, whatever of its prompt comes from a cache or goes there. */
export function worstCostInNanoUsd(
  price: Price,
  tokens: { readonly prompt: number; readonly output: number },
): number {
  const { longPrompts, usdPerMillionTokens } = price
  const cost = (rates: Rates): number =>
    toNano(tokens.prompt * picoUsd(highestInput(rates)) + tokens.output * picoUsd(rates.output))
  const usual = cost(usdPerMillionTokens)
  return longPrompts !== undefined && tokens.prompt > longPrompts.abovePromptTokens
    ? Math.max(usual, cost(longPrompts.usdPerMillionTokens))
    : usual
}

function highestInput({ input, cachedInput = 0, cacheWrite = 0, cacheWriteHour = 0 }: Rates): number {
  return Math.max(input, cachedInput, cacheWrite, cacheWriteHour)
}

/** Of one token, in 1e-12 US dollars: whole for every price with up to six decimals per million. */
function picoUsd(perMillion: number): number {
  return Math.round(perMillion * 1e6)
}

function toNano(pico: number): number {
  return Math.ceil(pico / 1000)
}
