import type { EndReason } from '../../domain/end-reason.ts'
import type { TrajectorySummary } from '../../domain/trajectory-builder.ts'
import { inertLine } from '../../lib/inert-text.ts'
import type { paint } from '../render.ts'

type Ink = ReturnType<typeof paint>

/** What is in a trajectory, in a few lines; without an end it still grows. */
export function renderSummary(
  summary: Omit<TrajectorySummary, 'end'> & { readonly end: EndReason | null },
  ink: Ink,
): string {
  const { agent, version, model, steps, totals, end, unpaired } = summary
  const rows: readonly (readonly [string, string])[] = [
    ['agent', inertLine([agent, version, model].filter((part) => part !== null).join(' '))],
    ['steps', `${steps.agent} by the agent, ${steps.user} by the user, ${steps.system} by the system`],
    ['said', `${count(summary.messages, 'message')}, ${count(summary.reasoning, 'piece')} of reasoning`],
    ['calls', `${summary.calls}, of which ${unpaired.length} without a result`],
    ...(unpaired.length === 0
      ? []
      : [
          [
            '',
            inertLine(
              unpaired
                .slice(0, 5)
                .map(({ name, id }) => `${name} ${id}`)
                .join(', '),
            ),
          ] as const,
        ]),
    ...(summary.subagents === 0 ? [] : [['subagents', String(summary.subagents)] as const]),
    ...(summary.errors.length === 0
      ? []
      : [
          [
            'errors',
            `${summary.errors.length}, the last: ${inertLine(summary.errors.at(-1) ?? '')}`,
          ] as const,
        ]),
    ...oddities(summary),
    ['tokens', renderTotals(totals)],
    ['end', end === null ? 'none yet' : renderEnd(end, ink)],
  ]
  return rows.map(([name, text]) => `${name.padEnd(9)}  ${text}`).join('\n')
}

function renderEnd({ reason, cause, detail }: EndReason, ink: Ink): string {
  return `${ink(reason === 'finished' ? 'green' : 'yellow', reason)} (${cause}): ${inertLine(detail)}`
}

function renderTotals(totals: TrajectorySummary['totals']): string {
  const { promptTokens, cachedTokens, completionTokens, reasoningTokens, costUsd, basis } = totals
  if (basis === 'none') return 'not told'
  return [
    `${number(promptTokens)} in${cachedTokens === null ? '' : ` (${number(cachedTokens)} from the cache)`}`,
    `${number(completionTokens)} out`,
    ...(reasoningTokens ? [`${number(reasoningTokens)} of reasoning`] : []),
    ...(costUsd === null ? [] : [`$${costUsd.toFixed(4)}`]),
    ...(basis === 'summed' ? ['added up from its model calls'] : []),
  ].join(', ')
}

function oddities(summary: Omit<TrajectorySummary, 'end'>): readonly (readonly [string, string])[] {
  const { unknownEvents, damagedLines, cutLines, dropped } = summary
  const kinds = Object.entries(unknownEvents).map(([kind, times]) => `${kind} ${times}`)
  return [
    ...(kinds.length === 0
      ? []
      : [['unknown', `${inertLine(kinds.slice(0, 8).join(', '))} (kept as they are)`] as const]),
    ...(damagedLines + cutLines === 0
      ? []
      : [['lines', `${damagedLines} damaged, ${cutLines} cut`] as const]),
    ...(dropped === 0 ? [] : [['left out', `${dropped} steps or lines`] as const]),
  ]
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

function number(value: number | null): string {
  return value === null ? '?' : value.toLocaleString('en-US')
}
