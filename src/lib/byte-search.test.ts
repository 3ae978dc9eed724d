import * as fc from 'fast-check'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/checkpoint.ts'
import { createByteSearch } from './byte-search.ts'

test('finds what a search for each pattern finds', () => {
  // Few letters, so that patterns overlap and nearly match all the time.
  const letters = (minLength: number, maxLength: number) =>
    fc.uint8Array({ minLength, maxLength, min: 97, max: 99 })
  fc.assert(
    fc.property(
      fc.array(letters(2, 7), { minLength: 1, maxLength: 5 }),
      letters(0, 200),
      (patterns, text) => {
        const places = patterns.map((pattern) => Buffer.from(text).indexOf(pattern)).filter((at) => at >= 0)
        const hit = createByteSearch(patterns).search(text)
        expect(hit?.at).toBe(places.length === 0 ? undefined : Math.min(...places))
        if (hit === null) return
        const pattern = patterns[hit.pattern] ?? new Uint8Array(0)
        expect(text.slice(hit.at, hit.at + pattern.length)).toEqual(pattern)
      },
    ),
    { numRuns: 500 },
  )
})

test.for([0, 4 * 1024 * 1024 - 3, 4 * 1024 * 1024, 8 * 1024 * 1024 - 1, 9_000_000])(
  'finds a pattern in a file at byte %d, across the borders of what is read at once',
  async (at) => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'file')
    const bytes = Buffer.alloc(9_000_010, 'n')
    bytes.write('needle', at)
    await writeFile(path, bytes)
    const patterns = ['a longer pattern', 'needle'].map((text) => Buffer.from(text))
    expect(await createByteSearch(patterns).searchFile(path)).toEqual({ pattern: 1, at })
    expect(await createByteSearch([Buffer.from('needles')]).searchFile(path)).toBeNull()
  },
)

test('refuses a pattern that would match everywhere', () => {
  expect(() => createByteSearch([Buffer.from('ab'), Buffer.from('')])).toThrow(RangeError)
})
