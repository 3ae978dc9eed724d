import { expect, it } from 'vitest'
import { parseKeys, scrollBy } from './keys.ts'

it.each([
  ['q', ['quit']],
  ['\u0003', ['interrupt']],
  ['jjk', ['down', 'down', 'up']],
  ['\u001b[A\u001b[B\u001bOA', ['up', 'down', 'up']],
  ['\u001b[5~\u001b[6~', ['page-up', 'page-down']],
  ['gG', ['top', 'bottom']],
  // Ctrl-Right and a paste of accents: nothing in them is a key of ours
  ['\u001b[1;5Cé', []],
  ['\u001b', []],
])('%j is %j', (text, keys) => {
  expect(parseKeys(text)).toEqual(keys)
})

it('scrolls by one, by a page, and to both ends', () => {
  expect(scrollBy('up', 5, 10)).toBe(4)
  expect(scrollBy('page-down', 5, 10)).toBe(15)
  expect(scrollBy('top', 5, 10)).toBe(0)
  expect(scrollBy('bottom', 5, 10)).toBeGreaterThan(1e6)
})
