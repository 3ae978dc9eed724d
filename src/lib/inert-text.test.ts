import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { inertLine, inertText } from './inert-text.ts'

test.each([
  ['colour', '\u001b[31mred\u001b[0m', 'red'],
  ['C1 introducer', '\u009b1;31mred', 'red'],
  ['cursor', 'a\u001b[2J\u001b[1;1Hb', 'ab'],
  ['window title', '\u001b]0;owned\u0007x', 'x'],
  ['link', '\u001b]8;;https://example.com\u001b\\x\u001b]8;;\u001b\\', 'x'],
  ['bell and back space', 'a\u0007\bb', 'a\u2407\u2408b'],
  ['carriage return', 'a\rb\r\nc', 'a\u240db\nc'],
  ['bidi override', 'user\u202Etxt.exe', 'user<U+202E>txt.exe'],
  ['zero width', 'a\u200Bb', 'a<U+200B>b'],
  ['tag characters', 'a\u{E0041}', 'a<U+E0041>'],
  ['variation selectors that carry text', 'a\u{E0141}b', 'a<U+E0141>b'],
  ['emoji', '❤\uFE0F', '❤\uFE0F'],
  ['clipboard', '\u001b]52;c;ZXZpbA==\u0007x', 'x'],
  ['device control', '\u001bPq#0\u001b\\x', 'x'],
  ['report of the cursor', '\u001b[6nx', 'x'],
  ['lone surrogate', 'a\uD800', 'a\uFFFD'],
  ['ordinary text', 'Grüße, 世界 👋 -> 0.81\n\tindented', 'Grüße, 世界 👋 -> 0.81\n\tindented'],
])('%s', (_name, hostile, inert) => {
  expect(inertText(hostile)).toBe(inert)
})

test('a line has no line breaks', () => {
  expect(inertLine('a\n\tb\u2028c')).toBe('a b<U+2028>c')
})

test('nothing that steers a terminal survives, and a second pass changes nothing', () => {
  const unit = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\u001b', '[', ']', '0', 'm', '\u009b', '\u0007'),
  )
  fc.assert(
    fc.property(
      fc.array(unit).map((parts) => parts.join('')),
      (hostile) => {
        const inert = inertText(hostile)
        expect(inert).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u)
        expect(inertText(inert)).toBe(inert)
      },
    ),
  )
})
