import { expect, test } from 'vitest'
import {
  syntheticExperiment,
  syntheticProtocol,
  usualBaselines,
  type RunRecipe,
} from '../../test/fixtures/synthetic-experiment.ts'
import { displayWidth } from '../lib/table.ts'
import { aggregate } from './aggregate.ts'
import { formatDuration } from '../domain/duration.ts'
import { renderLeaderboard } from './leaderboard.ts'

const runs: readonly RunRecipe[] = [
  { agent: 'strong', benchmark: 'arithmetic', accuracy: 0.85 },
  { agent: 'strong', benchmark: 'tools', accuracy: 0.5 },
  { agent: 'copycat', benchmark: 'arithmetic', outcome: 'flagged', isolated: false },
  { agent: 'copycat', benchmark: 'tools', outcome: 'no_model' },
  { agent: 'unlucky', benchmark: 'arithmetic', outcome: 'infra_failure', attempts: 3 },
  { agent: 'unlucky', benchmark: 'tools', accuracy: 0.3 },
]
const board = aggregate([syntheticExperiment(runs, usualBaselines)], {
  protocol: syntheticProtocol,
  resamples: 500,
})

test('shows ranks, scores with intervals, benchmarks, outcomes, attempts and time', () => {
  const lines = renderLeaderboard(board).split('\n')
  expect(lines[0]).toMatch(/^demo {2}protocol nano@[0-9a-f]{8} · 2 benchmarks × 1 base model · 6 min each$/u)
  expect(lines[2]).toMatch(/^# +agent +score +95 % +arithmetic +tools +outcomes +tries +time$/u)
  expect(lines.find((line) => line.includes('strong'))).toMatch(
    /^1 +strong +0\.650 +\[0\.\d\d, 0\.\d\d\] +0\.850 \[0\.\d\d, 0\.\d\d\] +0\.500 \[0\.\d\d, 0\.\d\d\] +2 scored +2 +\d min/u,
  )
})

test('baselines stand among the agents by score, without a rank', () => {
  const order = renderLeaderboard(board)
    .split('\n')
    .slice(3, 9)
    .map((line) => line.slice(0, 20).trim())
  expect(order).toEqual([
    '·  instruct sibling',
    '1  strong',
    '·  base, few-shot',
    '2  copycat ⚠',
    '·  base, zero-shot',
    '–  unlucky',
  ])
})

test('says what is missing, substituted and not isolated', () => {
  const text = renderLeaderboard(board, { width: 100 })
  expect(text).toContain('~0.300')
  expect(text).toMatch(/missing +0\.300/u)
  expect(text).toContain('⚠ Not isolated: in 1 run of copycat')
  expect(text).toContain('2 runs flagged or without a valid model')
  expect(text).toContain('⚠ Incomplete: unlucky has no score for arithmetic with tiny-base (infra failure)')
})

test.each([160, 120, 90, 70, 50])(
  'fits %d columns, and always shows rank, agent, score and interval',
  (width) => {
    const text = renderLeaderboard(board, { width })
    expect(Math.max(...text.split('\n').slice(2).map(displayWidth))).toBeLessThanOrEqual(width)
    expect(text).toMatch(/1 +strong +0\.650 +\[/u)
  },
)

test('colour changes no character', () => {
  const coloured = renderLeaderboard(board, { colour: true })
  expect(coloured).toContain('\u001b[')
  expect(coloured.replaceAll(/\u001b\[\d+m/gu, '')).toBe(renderLeaderboard(board))
})

test('hostile names do not reach the terminal', () => {
  const hostile = aggregate([syntheticExperiment([{ agent: 'a\u001b[2Jb\u202E\nc' }])], {
    protocol: { ...syntheticProtocol, title: '\u001b]0;x\u0007' },
    resamples: 10,
  })
  const text = renderLeaderboard(hostile)
  expect(text).toContain('ab<U+202E> c')
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/u)
})

test.each([
  [45_400, '45 s'],
  [60_000, '1 min'],
  [200_000, '3 min 20 s'],
  [3_599_600, '1 h'],
  [35_900_000, '9 h 58 min'],
  [36_000_000, '10 h'],
])('%d ms reads %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})
