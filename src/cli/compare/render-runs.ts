import { formatDuration } from '../../domain/duration.ts'
import { inertLine } from '../../lib/inert-text.ts'
import { renderTable } from '../../lib/table.ts'
import type { ComparedRun, ItemComparison, RunComparison } from '../../results/compare-runs.ts'
import { paint } from '../render.ts'

/** Two runs in two columns, then their models item by item, then how they were specified differently. */
export function renderRuns(comparison: RunComparison, options: { readonly colour: boolean }): string {
  const ink = paint(options.colour)
  const { a, b, items, whyNoItems, spec } = comparison
  const row = (title: string, read: (run: ComparedRun) => string): string[] => [title, read(a), read(b)]
  const table = renderTable(
    [{ title: '' }, { title: 'A' }, { title: 'B' }],
    [
      row('run', ({ id }) => id),
      row('experiment', ({ experiment }) => experiment),
      row('outcome', ({ outcome }) => outcome?.reason ?? 'not finished'),
      row('score', ({ score }) =>
        score === null
          ? '–'
          : `${score.value.toFixed(3)} [${score.low.toFixed(2)}, ${score.high.toFixed(2)}] of ${score.items} items`,
      ),
      row('agent', ({ solveMs, ended }) =>
        solveMs === null ? (ended ?? '–').replaceAll('_', ' ') : `${ended}, ${formatDuration(solveMs)}`,
      ),
      row('tries', ({ attempts }) => String(attempts)),
      row('findings', ({ findings }) => String(findings.length)),
    ],
    { titleStyle: (text) => ink('dim', text) },
  )
  const findings = [
    ...a.findings.map((finding) => ({ side: 'A', ...finding })),
    ...b.findings.map((finding) => ({ side: 'B', ...finding })),
  ].map(({ side, detector, kind, summary }) => `  ${side}  ${inertLine(`${detector}/${kind}: ${summary}`)}`)
  return [
    table,
    items === null ? inertLine(`Items are not compared: ${whyNoItems}.`) : renderItems(items),
    ...(findings.length === 0 ? [] : [`Findings:\n${findings.join('\n')}`]),
    spec.length === 0
      ? 'Both were specified in the same way.'
      : `Specified differently (A -> B):\n${spec.map((line) => `  ${inertLine(line)}`).join('\n')}`,
  ].join('\n\n')
}

function renderItems(items: ItemComparison): string {
  const { bothRight, neitherRight, onlyA, onlyB, same, difference, p } = items
  const test =
    `${items.items} items, A - B ${difference > 0 ? '+' : ''}${difference.toFixed(3)}; two-sided p ${formatP(p)} ` +
    `(${items.kind === 'graded' ? 'randomisation of signs' : 'exact McNemar test'}), about these two models and not about their agents`
  if (items.kind === 'graded')
    return `${renderTable(
      [
        { title: 'better in A', align: 'right' },
        { title: 'the same', align: 'right' },
        { title: 'better in B', align: 'right' },
      ],
      [[String(onlyA), String(same), String(onlyB)]],
    )}\n${test}`
  return `${renderTable(
    [{ title: 'items' }, { title: 'B right', align: 'right' }, { title: 'B wrong', align: 'right' }],
    [
      ['A right', String(bothRight), String(onlyA)],
      ['A wrong', String(onlyB), String(neitherRight)],
    ],
  )}\n${test}`
}

function formatP(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(p < 0.01 ? 4 : 2)
}
