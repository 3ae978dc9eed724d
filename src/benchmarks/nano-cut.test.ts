import { describe, expect, it } from 'vitest'
import { nanoArith } from './nano-arith/index.ts'
import { nanoTools } from './nano-tools/index.ts'

describe.each([nanoArith, nanoTools])('a cut item of $id', (benchmark) => {
  it('keeps its identity and lacks one word or number of its question', async () => {
    const { test } = await benchmark.load({ seed: 1, counts: { train: 0, test: 200, shadow: 0 } })
    for (const item of test) {
      const cut = benchmark.cut(item)
      expect(cut).not.toBeNull()
      if (cut === null) continue
      expect({ ...cut, messages: [] }).toEqual({ ...item, messages: [] })
      const words = (content = ''): string[] => content.split(/\b/)
      const [whole, left] = [words(item.messages[0]?.content), words(cut.messages[0]?.content)]
      expect(left).toHaveLength(whole.length)
      expect(left.filter((word, index) => word !== whole[index])).toHaveLength(1)
    }
  })
})

it('what is cut decides the answer: the same cut question belongs to several', async () => {
  const { test } = await nanoArith.load({ seed: 1, counts: { train: 0, test: 1, shadow: 0 } })
  const content = 'Mia has 12 coins. Mia finds 5 more. How many coins does Mia have?\nEnd with ANSWER: and the number.'
  const [item] = test.map((some) => ({ ...some, messages: [{ role: 'user' as const, content }] }))
  expect(item === undefined ? null : nanoArith.cut(item).messages[0]?.content).toBe(
    'Mia has 12 coins. Mia finds some more. How many coins does Mia have?\nEnd with ANSWER: and the number.',
  )
})
