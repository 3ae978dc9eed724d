import type { GatewayConfig, RefusalReason } from '../domain/gateway.ts'
import { findPrice, worstCostInNanoUsd, type Price } from '../domain/prices.ts'
import type { ModelRequest } from './wires/wire.ts'

export interface Terms {
  readonly declared: boolean
  readonly price: Price | null
  /** Upper bounds of what the provider can count; null where nothing tells one. */
  readonly promptBound: number
  readonly outputBound: number | null
  /** What the request costs at most; null without a price or a bound. */
  readonly worstNanoUsd: number | null
}

export type Decision = Terms | { readonly refuse: RefusalReason; readonly why: string }

/** Beside the body, a provider counts its own words: around each message, and a few hundred for tools. */
const ownWords = 2048

/** Whether a request is served, and what it may cost. `day` as `2026-01-31`. */
export function planRequest(
  config: Pick<GatewayConfig, 'models' | 'prices' | 'cap'>,
  request: ModelRequest & { readonly model: string; readonly bodyBytes: number; readonly day: string },
): Decision {
  const { models, prices, cap } = config
  const declared = models.declared.includes(request.model)
  if (!declared && models.others === 'refuse')
    return { refuse: 'model_not_declared', why: 'this run has not declared the model that is asked for' }
  const price = findPrice(prices, request.model, request.day)
  const terms = { declared, price, ...boundsOf(request, price) }
  if (cap === undefined) return terms
  if (request.unmetered !== null) return { refuse: 'not_metered', why: request.unmetered }
  if (terms.worstNanoUsd === null)
    return {
      refuse: 'no_price',
      why: 'a run with a spend cap uses only models whose price and limits are known',
    }
  return terms
}

/** Declared models for which a spend cap cannot be kept: better known before a run than in it. */
export function modelsWithoutPrice(config: Pick<GatewayConfig, 'models' | 'prices'>, day: string): string[] {
  return config.models.declared.filter((model) => {
    const price = findPrice(config.prices, model, day)
    return price?.maxPromptTokens === undefined || price.maxOutputTokens === undefined
  })
}

/** A token is at least a byte of the body, as long as the prompt is text in the body and nothing else. */
function boundsOf(
  request: ModelRequest & { readonly bodyBytes: number },
  price: Price | null,
): Pick<Terms, 'promptBound' | 'outputBound' | 'worstNanoUsd'> {
  const { bodyBytes, outputLimit, answers, hasHiddenInput } = request
  const longest = price?.maxPromptTokens
  const text = bodyBytes + ownWords
  const promptBound = hasHiddenInput ? (longest ?? text) : Math.min(text, longest ?? text)
  const most = price?.maxOutputTokens
  const oneAnswer = outputLimit === null ? most : Math.min(outputLimit, most ?? outputLimit)
  const outputBound = oneAnswer === undefined ? null : oneAnswer * answers
  const isBounded = price !== null && outputBound !== null && !(hasHiddenInput && longest === undefined)
  return {
    promptBound,
    outputBound,
    worstNanoUsd: isBounded ? worstCostInNanoUsd(price, { prompt: promptBound, output: outputBound }) : null,
  }
}
