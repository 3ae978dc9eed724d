import { expect, it } from 'vitest'
import { costOf, findPrice, type Price } from './prices.ts'

const price = (model: string, since: string, output: number): Price => ({
  model,
  since,
  source: 'a list',
  usdPerMillionTokens: { input: 1, output },
})
const prices = [price('a', '2026-03-01', 3), price('a', '2025-01-01', 2), price('b', '2026-01-01', 9)]

it.each([
  ['a', '2026-02-28', 2],
  ['a', '2026-03-01', 3],
  ['a', '2024-12-31', null],
  ['c', '2026-03-01', null],
])('the price of %s on %s is the newest that is not in the future', (model, day, output) => {
  expect(findPrice(prices, model, day)?.usdPerMillionTokens.output ?? null).toBe(output)
})

it('counts input and output apart, per million', () => {
  expect(costOf(price('a', '2026-01-01', 8), { input: 2_000_000, output: 500_000 })).toBe(6)
})
