import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { costInNanoUsd, costOf, findPrice, worstCostInNanoUsd, type Price } from './prices.ts'

const price: Price = {
  model: 'm',
  aliases: ['m-20260101'],
  since: '2026-01-01',
  source: 'made up',
  usdPerMillionTokens: { input: 5, cachedInput: 0.5, cacheWrite: 6.25, cacheWriteHour: 10, output: 25 },
  longPrompts: { abovePromptTokens: 1000, usdPerMillionTokens: { input: 10, output: 37.5 } },
}

it('counts every kind of token at its own rate', () => {
  const tokens = { input: 600, cachedInput: 100, cacheWrite: 100, cacheWriteHour: 100, output: 60 }
  expect(costInNanoUsd(price, tokens)).toBe(3_000_000 + 50_000 + 625_000 + 1_000_000 + 1_500_000)
  expect(costOf(price, tokens)).toBe(0.006175)
})

it('counts a long prompt as a whole at its rates, where kinds without one of their own are input', () => {
  expect(costInNanoUsd(price, { input: 1000, output: 0 })).toBe(5_000_000)
  expect(costInNanoUsd(price, { input: 1, cachedInput: 1000, output: 0 })).toBe(10_010_000)
})

it('finds the newest price by any name of the model', () => {
  const newer = { ...price, since: '2026-06-01' }
  expect(findPrice([newer, price], 'm-20260101', '2026-05-31')).toBe(price)
  expect(findPrice([newer, price], 'm', '2026-06-01')).toBe(newer)
  expect(findPrice([price], 'other', '2026-06-01')).toBeNull()
})

it('never costs more than the worst case', () => {
  const count = fc.nat(1000)
  const kinds = fc.record({
    input: count,
    cachedInput: count,
    cacheWrite: count,
    cacheWriteHour: count,
    output: count,
  })
  fc.assert(
    fc.property(kinds, count, count, (tokens, prompt, output) => {
      const { input, cachedInput, cacheWrite, cacheWriteHour } = tokens
      const bound = {
        prompt: input + cachedInput + cacheWrite + cacheWriteHour + prompt,
        output: tokens.output + output,
      }
      expect(costInNanoUsd(price, tokens)).toBeLessThanOrEqual(worstCostInNanoUsd(price, bound))
    }),
  )
})
