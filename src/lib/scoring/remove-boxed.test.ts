import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { removeBoxed } from './remove-boxed.ts'

test.each([
  ['$\\boxed{70}$', '$70$'],
  ['\\boxed{\\textbf{ 70 }}', '\\textbf{ 70 }'],
  ['\\boxed{7} and \\boxed{70}', '7} and \\boxed{70'],
  ['\\boxed{7}\n\\boxed{70}', '7\n70'],
  ['\\boxed{8\r1\u20282}', '8\r1\u20282'],
  ['\\boxed{}', '\\boxed{}'],
  ['\\boxed{\n7}', '\\boxed{\n7}'],
  ['\\boxed {7}', '\\boxed {7}'],
])('%j is opened to %j', (text, opened) => {
  expect(removeBoxed(text)).toBe(opened)
})

test('opens boxes as the published pattern does', () => {
  const part = fc.constantFrom('\\boxed{', '{', '}', '7', '\n', '\r', '\\boxed')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 15 }), (parts) => {
      const text = parts.join('')
      expect(removeBoxed(text)).toBe(text.replace(/\\boxed\{([^\n]+)\}/g, '$1'))
    }),
    { numRuns: 1000 },
  )
})
