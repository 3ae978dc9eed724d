import { useLayoutEffect, useRef, type ReactElement, type ReactNode } from 'react'
import type { SetMetrics } from '../../src/domain/evaluation.ts'
import type { ReportData, ReportRun } from '../../src/domain/report.ts'
import { Findings, Verdicts } from './evidence.tsx'
import { formatDuration } from '../../src/domain/duration.ts'
import { formatHours, formatScore, formatTime, plural } from './format.ts'
import { IntervalMark, planAxis } from './interval-mark.tsx'
import { LogView } from './log-view.tsx'
import { OutcomeChip } from './outcome-chip.tsx'
import { Resources } from './resources.tsx'
import type { RunTarget } from './run-route.ts'
import { statusOf } from './run-status.ts'
import { RunScoreOverTime } from './score-over-time.tsx'
import { Timeline } from './timeline.tsx'

/** Everything about one run, in a drawer over the page. Mounted anew for every run (`key`). */
export function RunPanel(props: {
  readonly run: ReportRun
  readonly baselines: ReportData['baselines']
  readonly target: RunTarget | null
  readonly onClose: () => void
}): ReactElement {
  const { run, baselines, target, onClose } = props
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  // before the effects of what is in it: nothing in a closed dialog can have the focus
  useLayoutEffect(() => {
    const element = dialog.current
    if (element !== null && !element.open) element.showModal()
    if (element?.querySelector('.target, .excerpt') === null) {
      heading.current?.focus()
      element.scrollTo(0, 0)
    }
    document.body.classList.add('covered')
    return () => {
      document.body.classList.remove('covered')
      // gives the focus back to what had it
      element?.close()
    }
  }, [])
  useReadingPlace(dialog, target)
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
        <div className="pair">
          <Scores run={run} />
          <Part title="Resources">
            <Resources run={run} />
          </Part>
        </div>
        <Part title="Score over time">
          <RunScoreOverTime run={run} baselines={baselines} />
        </Part>
        <Part title="Verdict">
          <Verdicts run={run} />
        </Part>
        <Part title="Findings">
          <Findings run={run} target={target} />
        </Part>
        <Part title="Timeline">
          <Timeline run={run} />
        </Part>
        <Part title="Output of the agent">
          <LogView run={run} line={target?.kind === 'log' ? target.line : null} />
        </Part>
        <Part title="Provenance">
          <Provenance run={run} />
        </Part>
      </article>
    </dialog>
  )
}

/** Coming back from a place within the run leads to where one had been reading. */
function useReadingPlace(
  dialog: { readonly current: HTMLDialogElement | null },
  target: RunTarget | null,
): void {
  const place = useRef(0)
  const away = target !== null
  useLayoutEffect(() => {
    const element = dialog.current
    if (element === null || away) return undefined
    element.scrollTo(0, place.current)
    return () => {
      place.current = element.scrollTop
    }
  }, [dialog, away])
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
    { label: 'with the decisive part cut out', score: run.probe?.test ?? null },
    { label: 'shadow items, cut likewise', score: run.probe?.shadow ?? null },
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
      {run.passes.length > 1 && (
        <p className="aside">
          {run.passes.length} passes over the test items: {run.passes.map(formatScore).join(', ')}
        </p>
      )}
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
        : `${run.solve.ended} after ${formatDuration(run.solve.durationMs)}${run.solve.exitCode === null ? '' : `, exit code ${run.solve.exitCode}`}${run.solve.turns > 1 ? `, in ${run.solve.turns} turns` : ''}; started ${formatTime(run.solve.startedAt)}`,
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
