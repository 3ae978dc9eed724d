import { inertLine } from '../../lib/inert-text.ts'
import { renderTable, type Cell } from '../../lib/table.ts'
import type { AgentComparison, Difference, ExperimentComparison } from '../../results/compare.ts'
import { paint } from '../render.ts'

type Ink = ReturnType<typeof paint>

const comparedColumns = [
  { title: 'cells', align: 'right' },
  { title: 'A', align: 'right' },
  { title: 'B', align: 'right' },
  { title: 'A - B', align: 'right' },
  { title: '95 %' },
  { title: 'A ahead', align: 'right' },
] as const

/** The difference of two agents, what it rests on, and what is missing. */
export function renderAgents(comparison: AgentComparison, options: { readonly colour: boolean }): string {
  const ink = paint(options.colour)
  const { a, b, benchmarks, weighted } = comparison
  const rows = [
    ...benchmarks.map(({ id, cells, a, b, difference }): Cell[] => [
      id,
      String(cells),
      a.toFixed(3),
      b.toFixed(3),
      ...differenceCells(difference, ink),
    ]),
    ...(weighted === null || benchmarks.length < 2
      ? []
      : [
          [
            { text: 'weighted', style: (text: string) => ink('bold', text) },
            '',
            weighted.a.toFixed(3),
            weighted.b.toFixed(3),
            ...differenceCells(weighted.difference, ink),
          ],
        ]),
  ]
  const table = renderTable([{ title: 'benchmark' }, ...comparedColumns], rows, {
    titleStyle: (text) => ink('dim', text),
  })
  return [
    [`A  ${nameOf(a)}`, `B  ${nameOf(b)}`].map((line) => ink('bold', inertLine(line))).join('\n'),
    rows.length === 0 ? 'There is no cell in which both have a score.' : table,
    ...(weighted === null ? [] : [inertLine(concludeFrom(comparison, weighted.difference))]),
    ...renderMissing(comparison, ink),
    ...(comparison.settings.length === 0
      ? []
      : [
          `Run differently (A -> B):\n${comparison.settings.map((line) => `  ${inertLine(line)}`).join('\n')}`,
        ]),
    listNotes(comparison)
      .map((note) => ink('dim', inertLine(`· ${note}`)))
      .join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

export function renderExperiments(
  comparison: ExperimentComparison,
  options: { readonly colour: boolean },
): string {
  const ink = paint(options.colour)
  const { a, b, agents, onlyA, onlyB } = comparison
  const table = renderTable(
    [{ title: 'agent' }, ...comparedColumns],
    agents.map((one): Cell[] => {
      const common = one.cells.filter(({ a, b }) => a.score !== null && b.score !== null).length
      const cells = common === one.cells.length ? String(common) : `${common} of ${one.cells.length}`
      if (one.weighted === null) return [one.a.label, cells, '–', '–', '–', '', '']
      const { a, b, difference } = one.weighted
      return [one.a.label, cells, a.toFixed(3), b.toFixed(3), ...differenceCells(difference, ink)]
    }),
    { titleStyle: (text) => ink('dim', text) },
  )
  const missing = agents.flatMap((one) =>
    describeMissing(one).map((line) => `  ${inertLine(`${one.a.label}: ${line}`)}`),
  )
  const settings = agents.flatMap((one) =>
    one.settings.map((line) => `  ${inertLine(`${one.a.label}: ${line}`)}`),
  )
  return [
    [`A  ${a.name} (${a.path})`, `B  ${b.name} (${b.path})`]
      .map((line) => ink('bold', inertLine(line)))
      .join('\n'),
    agents.length === 0 ? 'They have no agent in common.' : table,
    ...(missing.length === 0 ? [] : [ink('yellow', `Left out, for want of a score:\n${missing.join('\n')}`)]),
    ...(onlyA.length === 0 ? [] : [inertLine(`Only in A: ${onlyA.join(', ')}`)]),
    ...(onlyB.length === 0 ? [] : [inertLine(`Only in B: ${onlyB.join(', ')}`)]),
    ...(settings.length === 0 ? [] : [`Run differently (A -> B):\n${settings.join('\n')}`]),
    listCommonNotes(agents)
      .map((note) => ink('dim', inertLine(`· ${note}`)))
      .join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** What holds for all of several comparisons, once. */
function listCommonNotes(agents: readonly AgentComparison[]): string[] {
  const scored = agents.filter(({ weighted }) => weighted !== null)
  const [first, second] = scored
  if (first === undefined) return []
  const of = <T>(read: (one: AgentComparison) => T): T | 'mixed' =>
    scored.every((one) => read(one) === read(first)) ? read(first) : 'mixed'
  const common = listNotes({
    ...first,
    interval: {
      ...first.interval,
      covers: of(({ interval }) => interval.covers),
      items: of(({ interval }) => interval.items),
    },
    cells: scored.flatMap(({ cells }) => cells),
    notes: [...new Set(scored.flatMap(({ notes }) => notes))].filter(
      (note) => !note.startsWith('Incomplete'),
    ),
  })
  return second === undefined
    ? common
    : ['With many agents some interval misses 0 by chance: of 20 that did not change, about one.', ...common]
}

function nameOf({ label, experiment, path, runs }: AgentComparison['a']): string {
  return `${label}  ${experiment} (${path}), ${runs} ${runs === 1 ? 'run' : 'runs'}`
}

function differenceCells({ value, low, high, ahead }: Difference, ink: Ink): Cell[] {
  const settled = low > 0 || high < 0
  return [
    { text: signed(value, 3), style: (text) => (settled ? ink(value > 0 ? 'green' : 'red', text) : text) },
    `[${signed(low, 3)}, ${signed(high, 3)}]`,
    `${(100 * ahead).toFixed(1)} %`,
  ]
}

function signed(value: number, digits: number): string {
  const text = value.toFixed(digits)
  return Number(text) === 0 ? (0).toFixed(digits) : value > 0 ? `+${text}` : text
}

/** What may be concluded, in a sentence that is no stronger than the interval. */
function concludeFrom({ interval, a, b }: AgentComparison, { low, high }: Difference): string {
  const but = interval.covers === 'runs_and_items' ? '' : ' How much a repeat would differ is not known.'
  if (low === 0 && high === 0) return 'No difference: both count as the same scores.'
  if (low > 0) return `A (${a.label}) scores higher: the interval lies above 0.${but}`
  if (high < 0) return `B (${b.label}) scores higher: the interval lies below 0.${but}`
  return `Not settled: the interval of the difference holds 0.${but}`
}

function renderMissing(comparison: AgentComparison, ink: Ink): string[] {
  const lines = describeMissing(comparison).map((line) => `  ${inertLine(line)}`)
  return lines.length === 0 ? [] : [ink('yellow', `Left out, for want of a score:\n${lines.join('\n')}`)]
}

function describeMissing({ cells }: AgentComparison): string[] {
  return cells.flatMap(({ benchmark, baseModel, a, b }) => {
    const why = [...(a.score === null ? [`A: ${a.why}`] : []), ...(b.score === null ? [`B: ${b.why}`] : [])]
    return why.length === 0 ? [] : [`${benchmark} with ${baseModel} (${why.join('; ')})`]
  })
}

function listNotes({ interval, notes, cells }: AgentComparison): string[] {
  const asBase = cells.reduce((sum, { a, b }) => sum + a.asBase + b.asBase, 0)
  const covers = {
    items: 'chance between items only, as every cell has one run',
    runs_and_items: 'chance between runs and between items',
    mixed: 'chance between items, and between runs where a cell has several',
  }[interval.covers]
  return [
    `The interval is 95 % of a paired bootstrap (${interval.resamples} resamples, seed ${interval.seed}): it covers ${covers}.`,
    'A ahead: the share of these resamples in which A scores higher, ties half. It is no p-value, and not the probability that A is the better agent.',
    ...(interval.items === 'resampled'
      ? []
      : [
          'Item scores were not all at hand: binomial or normal draws stand in for them, and the pairing of items is lost.',
        ]),
    ...(asBase === 0
      ? []
      : [
          `${asBase} ${asBase === 1 ? 'run is' : 'runs are'} flagged or without a valid model: the base model's zero-shot score counts.`,
        ]),
    ...notes,
  ]
}
