import type { AgentRow, Leaderboard } from '../domain/leaderboard.ts'

/** What a reader must know beside the numbers, most important first. */
export function describeBoard(board: Leaderboard, further: readonly string[]): string[] {
  return [
    ...isolation(board.agents),
    ...incompleteRows(board.agents.filter((row) => !row.complete)),
    ...substitution(board.agents),
    ...contention(board.agents),
    interval(board),
    board.weights.note,
    ...(board.baselines.some(({ baseline }) => baseline === 'base_zero_shot')
      ? []
      : ['No zero-shot baseline was measured: flagged runs and runs without a model count as missing.']),
    ...further,
    ...(board.problems.length === 0
      ? []
      : [`Not everything could be read: ${count(board.problems.length, 'problem')}.`]),
  ]
}

function isolation(agents: readonly AgentRow[]): string[] {
  const unisolated = agents.filter((row) => row.unisolated > 0)
  const unproven = agents.filter((row) => row.unprovenDeaths > 0)
  return [
    ...(unisolated.length === 0
      ? []
      : [
          `Not isolated: in ${listRuns(unisolated, ({ unisolated }) => unisolated)} the agent shared files with the harness and could have changed what it was scored by.`,
        ]),
    ...(unproven.length === 0
      ? []
      : [
          `Not proven dead: after ${listRuns(unproven, ({ unprovenDeaths }) => unprovenDeaths)} something of the agent may have gone on.`,
        ]),
  ]
}

function listRuns(rows: readonly AgentRow[], countOf: (row: AgentRow) => number): string {
  return rows.map((row) => `${count(countOf(row), 'run')} of ${row.label}`).join(', ')
}

/** While an experiment runs most rows are incomplete: a few are told, the others counted. */
const maxIncomplete = 4

function incompleteRows(rows: readonly AgentRow[]): string[] {
  if (rows.length <= maxIncomplete) return rows.map(incomplete)
  const [first, ...others] = rows
  return [
    ...(first === undefined ? [] : [incomplete(first)]),
    `Incomplete as well: ${others.map(({ label }) => label).join(', ')}.`,
  ]
}

function incomplete(row: AgentRow): string {
  const cells = row.missing.map(({ benchmark, baseModel, why }) => `${benchmark} with ${baseModel} (${why})`)
  const shown = cells.length > 6 ? [...cells.slice(0, 5), `${cells.length - 5} more`] : cells
  return `Incomplete: ${row.label} has no score for ${shown.join(', ')}. What is shown covers the other cells only and has no rank.`
}

function substitution(agents: readonly AgentRow[]): string[] {
  const replaced = agents.flatMap(({ cells }) => cells).reduce((sum, { asBase }) => sum + asBase, 0)
  if (replaced === 0) return []
  return [
    `${count(replaced, 'run')} flagged or without a valid model: the base model's zero-shot score counts in place of ${replaced === 1 ? 'its' : 'their'} own.`,
  ]
}

function contention(agents: readonly AgentRow[]): string[] {
  const contended = agents.filter((row) => row.contended > 0)
  if (contended.length === 0) return []
  return [
    `Busy machine: in ${listRuns(contended, (row) => row.contended)} other work took more than a quarter of the agent's own cores.`,
  ]
}

function interval({ interval, agents }: Leaderboard): string {
  const covers = new Set(agents.map((row) => row.intervalCovers))
  const chance =
    covers.size === 1 && covers.has('runs_and_items')
      ? 'chance between runs and between items'
      : covers.size <= 1 && !covers.has('mixed')
        ? 'chance between items only: with one run per cell, how much a repeat would differ is not known'
        : 'chance between items, and between runs where a cell has several'
  const how =
    interval.items === 'resampled'
      ? ''
      : ` Item scores were ${interval.items === 'mixed' ? 'partly ' : ''}not at hand; binomial draws, or normal ones where a program told a standard error alone, stand in for them.`
  return `Intervals are 95 % (bootstrap, ${interval.resamples} resamples, seed ${interval.seed}) and cover ${chance}. Overlapping intervals do not settle an order.${how}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
