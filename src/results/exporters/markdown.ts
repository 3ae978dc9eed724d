import { formatDuration } from '../../domain/duration.ts'
import type { AgentRow, BaselineRow, Estimate, Leaderboard } from '../../domain/leaderboard.ts'
import { outcomeKinds } from '../../domain/outcome.ts'
import { inertLine } from '../../lib/inert-text.ts'

type Row = AgentRow | BaselineRow

/** The leaderboard as a table of GitHub Flavored Markdown (spec 0.29, section 4.10), with its notes as a list. */
export function renderMarkdown(board: Leaderboard): string {
  const titles = ['#', 'agent', 'score', ...board.benchmarks.map(({ id }) => id), 'outcomes', 'tries', 'time']
  // text to the left, numbers to the right
  const rules = ['--:', ':--', '--:', ...board.benchmarks.map(() => '--:'), ':--', '--:', '--:']
  const rows = sortRows(board).map((row) => [
    row.kind === 'baseline' ? '' : row.rank === null ? '–' : String(row.rank),
    escape(row.label) + (row.kind === 'agent' && row.unisolated > 0 ? ' ⚠' : ''),
    row.score === null ? '–' : `${row.complete ? '' : 'incomplete, '}${estimate(row.score)}`,
    ...board.benchmarks.map(({ id }) => {
      const score = row.benchmarks.find((one) => one.id === id)?.score ?? null
      return score === null ? 'missing' : estimate(score)
    }),
    row.kind === 'baseline' ? '' : outcomesOf(row),
    row.kind === 'baseline' ? '' : String(row.attempts),
    row.kind === 'baseline' || row.solveMs === null ? '' : formatDuration(row.solveMs),
  ])
  const table = [titles.map(escape), rules, ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  const { id, hash } = board.protocol
  const notes = [
    ...board.notes,
    ...board.problems.map(({ experiment, path, message }) => `${experiment}/${path}: ${message}`),
  ]
  return [
    `**${escape(board.experiments.join(' + '))}**, protocol ${escape(`${id}@${hash.slice(0, 8)}`)}`,
    table.join('\n'),
    notes.map((note) => `- ${escape(note)}`).join('\n'),
  ]
    .filter((part) => part !== '')
    .map((part) => `${part}\n`)
    .join('\n')
}

/** Baselines stand where their score puts them; incomplete agents come last. */
function sortRows(board: Leaderboard): Row[] {
  const ranked: Row[] = [...board.agents.filter(({ rank }) => rank !== null), ...board.baselines]
  const value = (row: Row): number => row.score?.value ?? -1
  return [
    ...ranked.toSorted((a, b) => value(b) - value(a)),
    ...board.agents.filter(({ rank }) => rank === null),
  ]
}

function estimate({ value, low, high }: Estimate): string {
  return `${value.toFixed(3)} [${low.toFixed(2)}, ${high.toFixed(2)}]`
}

function outcomesOf(row: AgentRow): string {
  return [
    ...outcomeKinds.flatMap((kind) =>
      row.outcomes[kind] === 0 ? [] : [`${row.outcomes[kind]} ${kind.replaceAll('_', ' ')}`],
    ),
    ...(row.unfinished === 0 ? [] : [`${row.unfinished} unfinished`]),
  ].join(', ')
}

/** Inert text that GitHub shows as it is: no markup, no HTML, no mention, no link, no end of a cell. */
function escape(text: string): string {
  return inertLine(text)
    .replaceAll(/[\\`*_[\]#|~]/gu, (character) => `\\${character}`)
    .replaceAll(/[&<>@]|(?<=:)\/\/|(?<=www)\./giu, (match) =>
      match.replaceAll(/./gu, (character) => `&#${character.charCodeAt(0)};`),
    )
}
