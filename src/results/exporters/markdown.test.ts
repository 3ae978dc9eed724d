import * as fc from 'fast-check'
import { expect, it, test } from 'vitest'
import {
  syntheticExperiment,
  syntheticProtocol,
  usualBaselines,
} from '../../../test/fixtures/synthetic-experiment.ts'
import { aggregate } from '../aggregate.ts'
import { renderMarkdown } from './markdown.ts'

const board = aggregate(
  [
    syntheticExperiment(
      [
        { agent: 'strong', benchmark: 'arithmetic', accuracy: 0.75 },
        { agent: 'strong', benchmark: 'tools', accuracy: 0.5 },
        { agent: 'half', benchmark: 'arithmetic', outcome: 'flagged', isolated: false },
      ],
      usualBaselines,
    ),
  ],
  { protocol: syntheticProtocol, resamples: 100 },
)

it('is a table with baselines where their scores put them, and the notes below', () => {
  expect(renderMarkdown(board)).toMatchInlineSnapshot(`
    "**demo**, protocol nano&#64;f7a5936c

    | \\# | agent | score | arithmetic | tools | outcomes | tries | time |
    | --: | :-- | --: | --: | --: | :-- | --: | --: |
    |  | instruct sibling | 0.729 [0.64, 0.82] | 0.900 [0.81, 0.97] | 0.600 [0.45, 0.74] |  |  |  |
    | 1 | strong | 0.607 [0.52, 0.70] | 0.750 [0.63, 0.88] | 0.500 [0.35, 0.68] | 2 scored | 2 | 2 min 46 s |
    |  | base, few-shot | 0.243 [0.15, 0.35] | 0.300 [0.16, 0.42] | 0.200 [0.07, 0.34] |  |  |  |
    |  | base, zero-shot | 0.043 [0.02, 0.11] | 0.100 [0.03, 0.21] | 0.000 [0.00, 0.10] |  |  |  |
    | – | half ⚠ | incomplete, 0.100 [0.03, 0.21] | 0.100 [0.03, 0.21] | missing | 1 flagged | 1 | 4 min 8 s |

    - Not isolated: in 1 run of half the agent shared files with the harness and could have changed what it was scored by.
    - Incomplete: half has no score for tools with tiny-base (no run). What is shown covers the other cells only and has no rank.
    - 1 run flagged or without a valid model: the base model's zero-shot score counts in place of its own.
    - Intervals are 95 % (bootstrap, 100 resamples, seed 1) and cover chance between items only: with one run per cell, how much a repeat would differ is not known. Overlapping intervals do not settle an order.
    - Weights (arithmetic 0.43, tools 0.57) follow from the experiment's own baselines: proportional to 1 / (instruct - base zero-shot).
    "
  `)
})

it('keeps names from being links, mentions or entities', () => {
  const [row] = board.agents
  if (row === undefined) throw new Error('no agent')
  const label = '[x](http://a.example) @someone www.b.example <b> &lt; #1'
  expect(renderMarkdown({ ...board, agents: [{ ...row, label }], baselines: [] })).toContain(
    '| \\[x\\](http:&#47;&#47;a.example) &#64;someone www&#46;b.example &#60;b&#62; &#38;lt; \\#1 |',
  )
})

test('a name is never more than one cell, and no markup', () => {
  const [row] = board.agents
  if (row === undefined) throw new Error('no agent')
  const markup = fc.string({
    unit: fc.constantFrom('|', '\\', '`', '<', '>', '[', ']', '(', ')', '*', '\n', '@', 'x'),
  })
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), markup), (label) => {
      const text = renderMarkdown({ ...board, agents: [{ ...row, label }], baselines: [] })
      const [title, rule, line] = text.split('\n').filter((line) => line.startsWith('|'))
      const cells = (line: string | undefined): number =>
        (line ?? '').replaceAll(/\\[\s\S]/gu, '').split('|').length
      expect(cells(line)).toBe(cells(title))
      expect(cells(rule)).toBe(cells(title))
      expect(line?.replaceAll(/\\[\s\S]/gu, '')).not.toMatch(/[<>@`*]/u)
    }),
  )
})
