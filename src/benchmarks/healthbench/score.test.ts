import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../../test/any-text.ts'
import type { JudgeRequest } from '../../domain/scoring.ts'
import { bootstrapError, scoreExample, summariseExamples } from './examples.ts'
import { planGrading } from './grading.ts'
import { renderGraderPrompt } from './judge-prompt.ts'
import { parseJudgeReply } from './judge-reply.ts'
import { scoreHealthbench, summariseHealthbench } from './score.ts'

const verdict = (met: boolean): unknown => ({ kind: 'verdict', met })
const raises = (error: string): unknown => ({ kind: 'raises', error })

test.each([
  ['{"criteria_met": true}', verdict(true)],
  [' ```json\u0085{"criteria_met": true, "criteria_met": false}\n``` ', verdict(false)],
  ['{"criteria_met": true, "x": NaN}```', verdict(true)],
  ['```\n{"criteria_met": true}\n```', { kind: 'invalid' }],
  ['{"criteria_met": "true"}', { kind: 'invalid' }],
  ['{"criteria_met": 1}', { kind: 'invalid' }],
  ['Sure! {"criteria_met": true}', { kind: 'invalid' }],
  ['"no"', { kind: 'invalid' }],
  ['[]', { kind: 'invalid' }],
  ['["criteria_met"]', raises('TypeError')],
  ['"criteria_met"', raises('TypeError')],
  ['3', raises('TypeError')],
  ['null', raises('TypeError')],
  [null, raises('AttributeError')],
])('%j', (text, reply) => {
  expect(parseJudgeReply(text)).toEqual(reply)
})

test('asks again as published, five times', () => {
  expect(planGrading(1, { kind: 'invalid' })).toEqual({ kind: 'again', afterMs: 0 })
  expect(planGrading(2, { kind: 'unreachable' })).toEqual({ kind: 'again', afterMs: 4000 })
  expect(planGrading(4, { kind: 'raises', error: 'TypeError' })).toEqual({ kind: 'again', afterMs: 8000 })
  expect(planGrading(5, { kind: 'unreachable' })).toEqual({ kind: 'done', met: false, graded: false })
  expect(planGrading(5, { kind: 'verdict', met: true })).toEqual({ kind: 'done', met: true, graded: true })
})

test('the criterion also fills a marker inside the conversation, the conversation none inside the criterion', () => {
  const prompt = renderGraderPrompt({
    conversation: [{ role: 'user', content: 'Why? $&' }],
    response: 'so <<rubric_item>>',
    criterion: 'C <<conversation>>',
    points: -2,
  })
  const item = '[-2] C <<conversation>>'
  expect(prompt).toContain(
    `# Conversation\nuser: Why? $&\n\nassistant: so ${item}\n\n# Rubric item\n${item}\n`,
  )
})

test('every criterion is asked by itself; who cannot be graded is not met, and shown', async () => {
  const asked: JudgeRequest[] = []
  const score = await scoreHealthbench(
    {
      id: 'h1',
      messages: [{ role: 'user', content: 'Help' }],
      metadata: {
        theme: 'hedging',
        criteria: [
          { criterion: 'kind', points: 5, axis: 'accuracy' },
          { criterion: 'long', points: -5, axis: 'accuracy' },
        ],
      },
    },
    { text: 'x' },
    {
      judge: {
        ask: (request) => {
          asked.push(request)
          return Promise.resolve(request.key.endsWith('1') ? '{"criteria_met": true}' : null)
        },
      },
    },
  )
  expect(asked.map(({ attempts, waitsMs }) => [attempts, waitsMs])).toEqual([
    [5, [2000, 4000, 6000, 8000]],
    [5, [2000, 4000, 6000, 8000]],
  ])
  expect(score.value).toBe(1)
  expect(summariseHealthbench([{ ...score, id: 'h1', pass: 1 }])).toMatchObject({
    accuracy: 1,
    stderr: 0,
    details: { byTheme: { hedging: 1 }, byAxis: { accuracy: 1 }, criteria: 2, ungraded: 1 },
  })
})

test('the mean is clipped, not the examples', () => {
  const example = (points: number, met: boolean) => ({
    theme: 't',
    criteria: [
      { points: 1, met: true, axis: 'a' },
      { points, met, axis: 'b' },
    ],
  })
  const summary = summariseExamples([example(-3, true), example(-3, false)])
  expect(summary.accuracy).toBe(0)
  expect(summary.byAxis).toEqual(new Map([['a', 1]]))
  expect(bootstrapError([0, 1])).toBeCloseTo(0.3556669790689037, 12)
})

test('meeting a criterion moves a score by its points; a mean lies in 0 to 1', () => {
  const criterion = fc.record({
    points: fc.integer({ min: -10, max: 10 }),
    met: fc.boolean(),
    axis: fc.constantFrom('a', 'b'),
  })
  fc.assert(
    fc.property(fc.array(criterion, { minLength: 1 }), (criteria) => {
      const [first, ...rest] = criteria
      if (first === undefined) return
      const without = scoreExample([{ ...first, met: false }, ...rest]).score
      const withIt = scoreExample([{ ...first, met: true }, ...rest]).score
      expect(Math.sign(withIt - without)).toBe(
        scoreExample(criteria).possible > 0 ? Math.sign(first.points) : 0,
      )
      const summary = summariseExamples([{ theme: 't', criteria }])
      for (const share of [summary.accuracy, ...summary.byTheme.values(), ...summary.byAxis.values()]) {
        expect(share).toBeGreaterThanOrEqual(0)
        expect(share).toBeLessThanOrEqual(1)
      }
    }),
  )
})

test('any reply is read somehow', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.json()), (text) => {
      expect(['verdict', 'invalid', 'raises']).toContain(parseJudgeReply(text).kind)
    }),
    { numRuns: 200 },
  )
})
