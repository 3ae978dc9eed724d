import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../../test/any-text.ts'
import { scoringRulesSchema, type JudgeRequest } from '../../domain/scoring.ts'
import { scoreGames } from './games.ts'
import { countMarkdown } from './markdown-counts.ts'
import { parseLabel } from './label.ts'
import { scoreArena, summariseArena } from './score.ts'

const rules = scoringRulesSchema.parse({})
const item = { id: 'q1', messages: [{ role: 'user', content: 'Write {ANSWER_A}' }], target: 'BASE' } as const

test.each([
  ['[[A>B]] then [[b>>a]]', 'B>>A'],
  ['[[A>B]] then [B>A]', 'A>B'],
  ['[A=B]', 'A=B'],
  ['[[TIE]]', null],
  ['', null],
])('%j is the label %s', (judgment, label) => {
  expect(parseLabel(judgment)).toBe(label)
})

test('both games are played, the answers in both places', async () => {
  const asked: JudgeRequest[] = []
  const score = await scoreArena(
    item,
    { text: `<think>x</think>${'ha '.repeat(20)}` },
    {
      rules,
      judge: {
        ask: (request) => {
          asked.push(request)
          return Promise.resolve(request.key.endsWith('1') ? '[[B>>A]]' : '[[A=B]]')
        },
      },
    },
  )
  expect(score).toMatchObject({ value: 0.875, details: { scores: [1, 1, 1, 0.5] } })
  const [first, second] = asked.map(({ messages }) => messages[1]?.content)
  expect(first).toBe(
    "<|User Prompt|>\nWrite {ANSWER_A}\n\n<|The Start of Assistant A's Answer|>\nBASE\n<|The End of Assistant A's Answer|>\n\n<|The Start of Assistant B's Answer|>\nha ha ha ha ha ha\n<|The End of Assistant B's Answer|>",
  )
  expect(second?.indexOf('BASE')).toBeGreaterThan(second?.indexOf('ha ha') ?? 0)
})

test('a game without a verdict voids its question; an unknown label does too, or fails as published', async () => {
  const judge = {
    ask: ({ key }: JudgeRequest) => Promise.resolve(key.endsWith('1') ? '[[A>>>B]]' : '[[A>B]]'),
  }
  const counted = await scoreArena(item, { text: 'x' }, { rules, judge })
  expect(counted).toMatchObject({ value: 0, details: { scores: [] } })
  expect(counted.error).toBeUndefined()
  const published = await scoreArena(
    item,
    { text: 'x' },
    { rules: { ...rules, ambiguousJudge: 'reference' }, judge },
  )
  expect(published.error).toMatch(/^KeyError/)
  const good = { id: 'q2', pass: 1, value: 1, details: { scores: [1, 1, 1, 0] } }
  expect(summariseArena([{ ...counted, id: 'q1', pass: 1 }, good])).toMatchObject({
    accuracy: 0.75,
    stderr: 0.25,
    details: { unjudged: 1 },
  })
})

test('scores lie in 0 to 1, and turn around with the sides', () => {
  const label = fc.constantFrom('A>B', 'A>>B', 'A=B', 'B>A', 'B>>A', 'B<A', 'A<<B')
  fc.assert(
    fc.property(label, label, (first, second) => {
      const games = scoreGames({ baselineFirst: first, candidateFirst: second })
      const turned = scoreGames({ baselineFirst: second, candidateFirst: first })
      if (games.kind !== 'scores' || turned.kind !== 'scores') throw new Error('known labels have scores')
      for (const score of games.scores) expect([0, 0.5, 1]).toContain(score)
      expect(turned.scores.map((score) => 1 - score).toSorted(ascending)).toEqual(
        games.scores.toSorted(ascending),
      )
    }),
  )
})

function ascending(a: number, b: number): number {
  return a - b
}

test('any judgment has a label or none, and any label a place among the games', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const games = scoreGames({ baselineFirst: parseLabel(`[${text}]`), candidateFirst: text })
      expect(['scores', 'missing', 'unknown']).toContain(games.kind)
    }),
  )
})

test('counts marks of style as Python does', () => {
  expect(countMarkdown('# A\r## B\n## C\n 1. x\n٣. y\n- z\n**a** __b__ **c\nd**')).toEqual({
    headers: [1, 1, 0, 0, 0, 0],
    ordered: 2,
    unordered: 1,
    stars: 1,
    underscores: 1,
  })
})
