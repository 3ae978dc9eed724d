import * as fc from 'fast-check'
import { expect, it, test } from 'vitest'
import {
  syntheticExperiment,
  syntheticProtocol,
  usualBaselines,
} from '../../../test/fixtures/synthetic-experiment.ts'
import type { Leaderboard } from '../../domain/leaderboard.ts'
import { aggregate } from '../aggregate.ts'
import { renderCsv } from './csv.ts'

const board = aggregate(
  [
    syntheticExperiment(
      [
        { agent: 'strong', benchmark: 'arithmetic', accuracy: 0.75 },
        { agent: 'strong', benchmark: 'tools', accuracy: 0.5 },
        { agent: 'half', agentConfig: '=1+1, "x"', benchmark: 'arithmetic', outcome: 'flagged' },
      ],
      usualBaselines,
    ),
  ],
  { protocol: syntheticProtocol, resamples: 100 },
)

/** RFC 4180, section 2, by the letter. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gu)) {
    rows.at(-1)?.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'))
    if (end === '\r\n') rows.push([])
  }
  rows.pop()
  return rows
}

function linesOf(board: Leaderboard): Record<string, string>[] {
  const [titles = [], ...rows] = parseCsv(renderCsv(board))
  return rows.map((row) => Object.fromEntries(row.map((cell, index) => [titles[index] ?? '', cell])))
}

it('has a line for each benchmark of each row, and one for the weighted score', () => {
  const lines = linesOf(board)
  expect(lines).toHaveLength((2 + 3) * 3)
  expect(lines.slice(0, 3)).toMatchObject([
    { label: 'strong', rank: '1', benchmark: '', weight: '1', complete: 'true', runs: '2', scored: '2' },
    { label: 'strong', rank: '1', benchmark: 'arithmetic', score: '0.75', runs: '', runs_counting: '1' },
    { label: 'strong', rank: '1', benchmark: 'tools', score: '0.5', complete: 'true' },
  ])
})

it('leaves empty what is missing', () => {
  const half = linesOf(board).filter(({ agent }) => agent === 'half')
  expect(half).toMatchObject([
    { benchmark: '', rank: '', complete: 'false', cells: '2', cells_missing: '1', flagged: '1' },
    { benchmark: 'arithmetic', score: '0.1', runs_as_base: '1' },
    { benchmark: 'tools', score: '', low: '', high: '', cells_missing: '1' },
  ])
})

it('keeps spreadsheets from computing what an agent is called', () => {
  expect(renderCsv(board)).toContain(',"\'=1+1, ""x""",')
  const [row] = board.agents
  if (row === undefined) throw new Error('no agent')
  const named = (label: string): string =>
    linesOf({ ...board, agents: [{ ...row, label }], baselines: [] })[0]?.['label'] ?? ''
  for (const start of ['=', '+', '-', '@', '\t', '\r', ' =', '\u001b[0m=', '＝'])
    expect(named(`${start}1+1`)).toMatch(/^'/u)
  expect(named('1+1=2')).toBe('1+1=2')
})

test('every line has as many cells as there are columns, whatever agents are called', () => {
  const [row] = board.agents
  if (row === undefined) throw new Error('no agent')
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', 'x') }),
  )
  fc.assert(
    fc.property(text, text, (label, agentConfig) => {
      const csv = renderCsv({ ...board, agents: [{ ...row, label, agentConfig }], baselines: [] })
      const rows = parseCsv(csv)
      expect(new Set(rows.map((cells) => cells.length)).size).toBe(1)
      expect(rows).toHaveLength(4)
    }),
  )
})
