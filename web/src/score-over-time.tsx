import { useState, type ReactElement } from 'react'
import type { ReportData, ReportRun } from '../../src/domain/report.ts'
import { Chart } from './charts/chart.tsx'
import { planReferences, planScoreSeries, tabulateScores, type ScoreSeries } from './charts/score-series.ts'
import { planScoreTimePlot, type TimeUnit } from './charts/score-time-plot.tsx'
import { plural } from './format.ts'
import { statusLabel, statusOf } from './run-status.ts'

/** All agents of one cell: how their scores came about. */
export function ScoreOverTime({ report }: { readonly report: ReportData }): ReactElement | null {
  const { benchmarks, baseModels, agents } = report.leaderboard
  const [benchmark, setBenchmark] = useState(benchmarks[0]?.id ?? '')
  const [baseModel, setBaseModel] = useState(baseModels[0] ?? '')
  const budgets = new Set(report.runs.map(({ budget }) => budget.hours))
  const [unit, setUnit] = useState<TimeUnit>(budgets.size > 1 ? 'share' : 'time')
  const runs = report.runs.filter((run) => run.benchmark === benchmark && run.baseModel === baseModel)
  const series = planScoreSeries(runs, agents)
  const references = planReferences(report.baselines, benchmark, baseModel)
  const left = runs.filter(({ id }) => !series.some(({ run }) => run.id === id))
  const evaluations = series.reduce((sum, one) => sum + one.run.selfEvaluationCount, 0)
  return (
    <section aria-labelledby="time-title">
      <div className="section-head">
        <h2 id="time-title">Score over time</h2>
        <div className="filters">
          {benchmarks.length > 1 && (
            <Choice
              label="benchmark"
              value={benchmark}
              values={benchmarks.map(({ id }) => id)}
              onChoose={setBenchmark}
            />
          )}
          {baseModels.length > 1 && (
            <Choice label="base model" value={baseModel} values={baseModels} onChoose={setBaseModel} />
          )}
          <div className="toggles" role="group" aria-label="Horizontal axis">
            <button type="button" aria-pressed={unit === 'time'} onClick={() => setUnit('time')}>
              time
            </button>
            <button type="button" aria-pressed={unit === 'share'} onClick={() => setUnit('share')}>
              share of the budget
            </button>
          </div>
        </div>
      </div>
      {series.length === 0 ? (
        <p className="empty">No agent has come to a score on {benchmark} yet.</p>
      ) : (
        <Chart
          name={`Score over time on ${benchmark}, ${baseModel}`}
          file={`score-over-time-${benchmark}-${baseModel}`}
          hint={`${benchmark} · ${plural(series.length, 'run')}, ${plural(evaluations, 'evaluation')} of the agents’ own`}
          table={tabulateScores(series)}
          plan={(width) => planScoreTimePlot(width, { series, references, unit })}
        >
          <ScoreKey series={series} />
        </Chart>
      )}
      {left.length > 0 && (
        <p className="aside">
          Without a point: {left.map((run) => `${run.agent} (${statusLabel(statusOf(run))})`).join(', ')}.
        </p>
      )}
    </section>
  )
}

/** One run's way to its score. */
export function RunScoreOverTime(props: {
  readonly run: ReportRun
  readonly baselines: ReportData['baselines']
}): ReactElement {
  const { run, baselines } = props
  const series = planScoreSeries([run], [{ id: run.row, label: run.agent }])
  const [one] = series
  if (one === undefined) return <p className="empty">The agent came to no score.</p>
  const references = planReferences(baselines, run.benchmark, run.baseModel)
  const count = run.selfEvaluationCount
  return (
    <Chart
      name={`Score over time of ${run.agent} on ${run.benchmark}`}
      file={`score-over-time-${run.id}`}
      hint={
        count === 0
          ? 'The agent did not evaluate on the way.'
          : `${plural(count, 'evaluation')} of its own; the numbers are items asked`
      }
      table={tabulateScores(series)}
      plan={(width) => planScoreTimePlot(width, { series, references, unit: 'time', alone: true })}
    >
      <ScoreKey series={series} />
    </Chart>
  )
}

function Choice(props: {
  readonly label: string
  readonly value: string
  readonly values: readonly string[]
  readonly onChoose: (value: string) => void
}): ReactElement {
  return (
    <label>
      <span>{props.label}</span>
      <select value={props.value} onChange={(event) => props.onChoose(event.target.value)}>
        {props.values.map((value) => (
          <option key={value}>{value}</option>
        ))}
      </select>
    </label>
  )
}

function ScoreKey({ series }: { readonly series: readonly ScoreSeries[] }): ReactElement {
  return (
    <p className="key" aria-hidden="true">
      {series.some(({ points }) => points.length > 0) && (
        <span>
          <svg width="34" height="12" className="series s0">
            <circle className="mark-fill" cx="6" cy="6" r="2.5" />
            <circle className="mark-fill" cx="22" cy="6" r="4.5" />
          </svg>
          self-evaluation, larger on more items
        </span>
      )}
      {series.some(({ counts }) => counts === 'own') && (
        <span>
          <svg width="14" height="18" className="series s0">
            <line className="whisker" x1="7" x2="7" y1="0" y2="18" />
            <circle className="mark-final" cx="7" cy="9" r="5.5" />
          </svg>
          final score and 95 % interval
        </span>
      )}
      {series.some(({ counts }) => counts !== 'own') && (
        <span>
          <svg width="30" height="14" className="series s0 not-counting">
            <path className="mark-void" d="M2 2l10 10m0 -10l-10 10" />
            <circle className="mark-open" cx="24" cy="7" r="4" />
          </svg>
          does not count; what counts in its place
        </span>
      )}
    </p>
  )
}
