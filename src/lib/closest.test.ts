import { expect, it } from 'vitest'
import { closest } from './closest.ts'

const known = ['name', 'agents', 'repeats', 'sandbox', 'baseModels']

it.each([
  ['nmae', 'name'], // swapped
  ['repeat', 'repeats'], // left out
  ['agentss', 'agents'], // doubled
  ['sandbux', 'sandbox'], // replaced
  ['basemodels', 'baseModels'], // another case
  ['nam', 'name'],
])('takes %s for %s', (word, meant) => {
  expect(closest(word, known)).toBe(meant)
})

it.each(['colour', 'nmea', 'x', ''])('makes nothing of %j', (word) => {
  expect(closest(word, known)).toBeUndefined()
})

it('has nothing to offer when nothing is known', () => {
  expect(closest('name', [])).toBeUndefined()
})
