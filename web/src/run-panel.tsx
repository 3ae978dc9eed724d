import { useEffect, useRef, type ReactElement, type ReactNode } from 'react'
import type { SetMetrics } from '../../src/domain/evaluation.ts'
import type { ReportRun } from '../../src/domain/report.ts'
import { Findings, Verdicts } from './evidence.tsx'
import { formatDuration } from '../../src/domain/duration.ts'
import { formatHours, formatScore, formatTime, plural } from './format.ts'
import { IntervalMark, planAxis } from './interval-mark.tsx'
import { OutcomeChip } from './outcome-chip.tsx'
import { statusOf } from './run-list.tsx'
import { SelfEvaluations } from './self-evaluations.tsx'
import { Timeline } from './timeline.tsx'

/** Everything about one run, in a drawer over the page. Mounted anew for every run (`key`). */
export function RunPanel({
  run,
  onClose,
}: {
  readonly run: ReportRun
  readonly onClose: () => void
}): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const log = useRef<HTMLPreElement>(null)
  useEffect(() => {
    const element = dialog.current
    if (element !== null && !element.open) element.showModal()
    heading.current?.focus()
    element?.scrollTo(0, 0)
    log.current?.scrollTo(0, log.current.scrollHeight)
    document.body.classList.add('covered')
    return () => document.body.classList.remove('covered')
  }, [])
  return (
    <dialog
      ref={dialog}
      className="panel"
      aria-labelledby="run-title"
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose()
      }}
    >
      <article>
        <header>
          <div>
            <OutcomeChip status={statusOf(run)} />
            {run.outcome !== null && run.outcome.reason !== run.outcome.kind && (
              <code>{run.outcome.reason}</code>
            )}
          </div>
          <button type="button" className="close" onClick={onClose}>
            close
          </button>
          <h2 id="run-title" ref={heading} tabIndex={-1}>
            <bdi>{run.agent}</bdi> on {run.benchmark}
          </h2>
          <p className="subtitle">
            {run.baseModel} · repeat {run.repeat} · {formatHours(run.budget.hours)}
            {run.budget.gpus > 0 && ` · ${plural(run.budget.gpus, 'GPU')}`}
          </p>
        </header>
        <p className={`consequence ${run.counts}`}>{consequenceOf(run)}</p>
        {run.outcome !== null && <p className="text">{run.outcome.detail}</p>}
        {!run.isolated && run.death !== 'not_started' && (
          <p className="callout">
            The agent was not isolated from the harness in this run (sandbox: {run.sandbox}).
          </p>
        )}
        {run.death === 'unproven' && (
          <p className="callout">
            It could not be proven that nothing of the agent was left when it was sealed.
          </p>
        )}
        <Scores run={run} />
        <Part title="Verdict">
          <Verdicts run={run} />
        </Part>
        <Part title="Findings">
          <Findings run={run} />
        </Part>
        <Part title="Timeline">
          <Timeline run={run} />
        </Part>
        <Part title="The agent's own evaluations">
          <SelfEvaluations run={run} />
        </Part>
        <Part title="Output of the agent">
          <p className="empty">{run.logNote}</p>
          {run.logTail !== null && (
            <pre ref={log} className="log" tabIndex={0} role="region" aria-label="Output of the agent">
              {run.logTail}
            </pre>
          )}
        </Part>
        <Part title="Provenance">
          <Provenance run={run} />
        </Part>
      </article>
    </dialog>
  )
}

function consequenceOf(run: ReportRun): string {
  switch (run.counts) {
    case 'own':
      return `Counts its own score: ${formatScore(run.countedScore)}`
    case 'base':
      return `Counts the base model’s zero-shot score, ${formatScore(run.countedScore)}, in place of its own${run.ownScore === null ? '' : `, ${formatScore(run.ownScore.accuracy)}`}`
    case 'missing':
      return run.outcome === null ? 'Not finished: counts nothing yet' : 'Counts nothing: shown as missing'
  }
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactElement {
  return (
    <section className="part">
      <h3>{title}</h3>
      {children}
    </section>
  )
}

function Scores({ run }: { readonly run: ReportRun }): ReactElement | null {
  const candidates: readonly { readonly label: string; readonly score: SetMetrics | null }[] = [
    { label: 'submitted model', score: run.ownScore },
    { label: 'on unseen shadow items', score: run.shadowScore },
    { label: 'base model, zero-shot', score: run.baseScore },
  ]
  const scores = candidates.flatMap(({ label, score }) => (score === null ? [] : [{ label, ...score }]))
  if (scores.length === 0) return null
  const axis = planAxis([1])
  return (
    <section className="part">
      <h3>Scores</h3>
      <dl className="scores">
        {scores.map(({ label, accuracy, stderr, items, errors, truncated }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <b>{formatScore(accuracy)}</b> <span>± {(1.96 * stderr).toFixed(3)}</span>
              <IntervalMark
                axis={axis}
                kind={label.startsWith('base') ? 'baseline' : 'agent'}
                estimate={{
                  value: accuracy,
                  low: Math.max(0, accuracy - 1.96 * stderr),
                  high: Math.min(1, accuracy + 1.96 * stderr),
                }}
              />
              <small>
                {plural(items, 'item')}
                {errors > 0 && `, ${plural(errors, 'error')}`}
                {truncated > 0 && `, ${truncated} cut off`}
              </small>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function Provenance({ run }: { readonly run: ReportRun }): ReactElement {
  const facts: readonly (readonly [string, string])[] = [
    ['run', run.id],
    ['experiment', run.experiment],
    ['agent options', run.agentConfig],
    ['seed', String(run.seed)],
    ['sandbox', run.sandbox],
    ['submitted model', run.modelHash === null ? '' : `sha256 ${run.modelHash}`],
    [
      'agent',
      run.solve === null || run.solve.startedAt === null
        ? 'not started'
        : `${run.solve.ended} after ${formatDuration(run.solve.durationMs)}${run.solve.exitCode === null ? '' : `, exit code ${run.solve.exitCode}`}; started ${formatTime(run.solve.startedAt)}`,
    ],
    ['harness', run.harnessVersion],
  ]
  return (
    <dl className="facts">
      {facts
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}
