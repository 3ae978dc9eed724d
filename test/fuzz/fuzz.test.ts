import { describe, expect, it } from 'vitest'
import { fuzz } from './fuzz.ts'
import { targets } from './targets.ts'

describe('damaged inputs', () => {
  it.each(targets)('$name', async (target) => {
    const { failure, inputs } = await fuzz(target, { ms: 300, seed: 1 })
    expect(failure).toBeNull()
    expect(inputs).toBeGreaterThan(10)
  })

  it('finds a reader that throws what it must not', async () => {
    const read = (bytes: Buffer): unknown => JSON.parse(bytes.toString('utf8'))
    const { failure } = await fuzz(
      { name: 'naive', seeds: [Buffer.from('{"a":1}')], read, allowed: [] },
      { ms: 2000, seed: 1 },
    )
    expect(failure?.message).toContain('SyntaxError')
  })
})
