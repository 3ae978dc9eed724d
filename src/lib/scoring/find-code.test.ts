import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { findCode } from './find-code.ts'

const body = '    return x\n'

test.each([
  [body, body],
  [`\`\`\`python\ndef f(x):\n${body}\`\`\``, body],
  [`\`\`\`\nfoo\n\`\`\`\n\`\`\`python\ndef f(x):\n${body}\`\`\``, body],
  [`\`\`\`python\n${body}\`\`\``, body.slice(1)],
  ['```python\n😀x\n```', 'x\n'],
  [`\`\`\`py\ndef f(x):\n${body}\`\`\``, `\`\`\`py\ndef f(x):\n${body}\`\`\``],
  [`\`\`\`python\ndef f(x):\n${body}`, `\`\`\`python\ndef f(x):\n${body}`],
  ['```\na\n```\nb\n```', '\n'],
  ['```python\n```', ''],
])('%j gives %j', (completion, code) => {
  expect(findCode(completion)).toBe(code)
})

test('never throws, and gives a part of the text', () => {
  const part = fc.constantFrom('```', 'python', '\n', ':', '    ', 'x', '`', '\ud83d')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
      expect(parts.join('')).toContain(findCode(parts.join('')))
    }),
    { numRuns: 1000 },
  )
})
