import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../../test/any-text.ts'
import { casefold, codePointLength, splitWhitespace, strip, stripEnd, stripPunctuation } from './text.ts'

test('strips what Python takes for whitespace, and nothing else', () => {
  expect(strip('\u001c\u001f\u0085\u00a0\u3000 a\u2028\v')).toBe('a')
  expect(strip('\ufeffa\u200b')).toBe('\ufeffa\u200b')
  expect(stripEnd(' a\u0085')).toBe(' a')
  expect(stripPunctuation(' ("-10").\n')).toBe('10')
  expect(stripPunctuation('10.\u00a0')).toBe('10.\u00a0')
})

test('splits at runs of it, with empty pieces at the ends', () => {
  expect(splitWhitespace(' a\u0085\u001fb\ufeff ')).toEqual(['', 'a', 'b\ufeff', ''])
})

test.each([
  ['ANSWER', 'answer'],
  ['Straße ẞ', 'strasse ss'],
  ['ΑΣ', 'ασ'],
  ['ſK', 'sk'],
  ['ﬁ', 'fi'],
  ['ı', 'ı'],
  ['İ', 'i\u0307'],
  ['ꭰᏸ', 'ᎠᏰ'],
])('folds %s to %s', (text, folded) => {
  expect(casefold(text)).toBe(folded)
})

test('counts code points', () => {
  expect(codePointLength('a😀')).toBe(2)
})

test('folding and stripping twice changes nothing more', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(strip(strip(text))).toBe(strip(text))
      expect(casefold(casefold(text))).toBe(casefold(text))
    }),
  )
})
