import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineSplitter } from './line-splitter.ts'

function split(chunks: readonly Uint8Array[], maxBytes: number): string[] {
  const splitter = createLineSplitter(maxBytes)
  const lines = chunks.flatMap((chunk) =>
    splitter.push(chunk).map(({ bytes, dropped }) => `${bytes.toString('latin1')}+${dropped}`),
  )
  const rest = splitter.end()
  return rest === null ? lines : [...lines, `${rest.bytes.toString('latin1')}+${rest.dropped}`]
}

describe('lines of a stream', () => {
  it('are the same, wherever its chunks are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 9 })), (texts) => {
        const chunks = texts.map((text) => Buffer.from(text))
        expect(split(chunks, 4)).toEqual(split([Buffer.concat(chunks)], 4))
      }),
    )
  })

  it('are held up to a length, and the rest is counted', () => {
    expect(split([Buffer.from('abcdef\n\nabc\nabcde')], 4)).toEqual(['abcd+2', '+0', 'abc+0', 'abcd+1'])
  })
})
