import type { ReactElement } from 'react'
import { statusLabel, type RunStatus } from './run-status.ts'

/** Shapes differ, so that colour never is the only sign. */
const icons: Readonly<Record<RunStatus, string>> = {
  scored: 'M2.5 6.5 5 9l4.5-6',
  flagged: 'M3 11V1.5M3 2h6.5L7.8 4.3 9.5 6.5H3',
  no_model: 'M6 1.8a4.2 4.2 0 1 0 0 8.4a4.2 4.2 0 1 0 0-8.4M2.5 10.5l7-9',
  infra_failure: 'M6.8 1 3 6.6h3L5.2 11 9 5.2H6z',
  unjudged: 'M3.8 4.1c0-3 4.6-3 4.6 0C8.4 5.9 6 6 6 7.7M6 10v.4',
  cancelled: 'M2.5 2.5l7 7M9.5 2.5l-7 7',
  unfinished: 'M2 6h.3M6 6h.3M10 6h.3',
}

export function OutcomeIcon({ status }: { readonly status: RunStatus }): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 12 12" aria-hidden="true">
      <path d={icons[status]} />
    </svg>
  )
}

export function OutcomeChip({
  status,
  count,
}: {
  readonly status: RunStatus
  readonly count?: number
}): ReactElement {
  return (
    <span className={`chip ${status}`}>
      <OutcomeIcon status={status} />
      {count === undefined ? '' : `${count} `}
      {statusLabel(status)}
    </span>
  )
}
