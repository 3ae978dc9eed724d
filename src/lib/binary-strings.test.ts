import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBinary, keepStrings } from './binary-strings.ts'

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

test.each([
  ['prose', Buffer.from('The quick brown fox, über die Brücke.\n'.repeat(40)), false],
  ['Latin-1', latin1('Les élèves étaient déjà là.\r\n'.repeat(40)), false],
  ['a log with colours', Buffer.from('\u001b[31mred\u001b[0m text\n'.repeat(40)), false],
  ['random bytes', randomBytes(4096), true],
  [
    'float32 weights',
    Buffer.from(Float32Array.from({ length: 1024 }, (_, at) => Math.sin(at) / 50).buffer),
    true,
  ],
  ['nothing', Buffer.alloc(0), false],
])('tells %s', (_, bytes, binary) => {
  expect(isBinary(bytes)).toBe(binary)
})

test('keeps strings between other bytes, and one mark for what lay between', () => {
  const bytes = Buffer.concat([
    latin1('ab\u0001\u0002'),
    Buffer.from('Play happy dög.'),
    latin1('\u0094ab\n\u0000\u00ffxyz'),
  ])
  expect(keepStrings(bytes).toString()).toBe('ab\0Play happy dög.\0\n\0xyz')
})

test('keeps a character that the edge of the chunk cuts', () => {
  const text = Buffer.from('\0\0\0Mädchen ü')
  expect(keepStrings(text.subarray(0, -1)).subarray(-1)).toEqual(text.subarray(-2, -1))
})

test('never loses a text of six characters or more, wherever it stands', () => {
  fc.assert(
    fc.property(
      fc.uint8Array(),
      fc.stringMatching(/^[a-zA-Zäßй]{6,20}$/),
      fc.uint8Array(),
      (before, text, after) => {
        const bytes = Buffer.concat([before, Buffer.from([0]), Buffer.from(text), Buffer.from([0]), after])
        expect(keepStrings(bytes).includes(Buffer.from(text))).toBe(true)
      },
    ),
  )
})

test('keeps as many line breaks as there are outside of texts too', () => {
  const bytes = latin1('\u0001\n\u0001\n\u0001\n\u0001')
  expect(keepStrings(bytes).toString().split('\n')).toHaveLength(4)
})
