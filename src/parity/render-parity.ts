import { inertLine } from '../lib/inert-text.ts'
import { renderTable } from '../lib/table.ts'
import type { Failure, FileReport } from './run-parity.ts'

export interface RenderParityOptions {
  /** Failures shown per file. */
  readonly show: number
  readonly python: string
}

const columns = [
  { title: 'file' },
  { title: 'passed', align: 'right' },
  { title: 'failed', align: 'right' },
  { title: 'total', align: 'right' },
  { title: 'ms', align: 'right' },
] as const

/** A line per file, then the first failures of each. */
export function renderParity(reports: readonly FileReport[], { show, python }: RenderParityOptions): string {
  const rows = reports.map(({ file, passed, total, milliseconds }) => row(file, passed, total, milliseconds))
  const passed = sum(reports.map((report) => report.passed))
  const total = sum(reports.map((report) => report.total))
  const time = sum(reports.map(({ milliseconds }) => milliseconds))
  const sensitive = reports.flatMap(({ pythonSensitive }) => pythonSensitive)
  const lines = [renderTable(columns, [...rows, row('all', passed, total, time)])]
  if (sensitive.length > 0)
    lines.push(`ran with ${python}; these depend on the version of Python: ${sensitive.join(', ')}`)
  for (const { file, failures } of reports) {
    if (failures.length === 0) continue
    lines.push('', `${file}:`, ...failures.slice(0, show).flatMap(renderFailure))
    if (failures.length > show) lines.push(`  … and ${failures.length - show} more`)
  }
  if (reports.length === 0) lines.push('there is no vector in it')
  return lines.join('\n')
}

function row(file: string, passed: number, total: number, milliseconds: number): string[] {
  return [file, String(passed), String(total - passed), String(total), String(milliseconds)]
}

function renderFailure({ id, where, input, expected, got }: Failure): string[] {
  return [
    `  ${inertLine(id)}  ${inertLine(where)}`,
    ...[
      ['input', input],
      ['expected', expected],
      ['got', got],
    ]
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `    ${String(name).padEnd(8)}  ${shorten(value)}`),
  ]
}

const shown = 600

function shorten(value: unknown): string {
  const text = inertLine(
    JSON.stringify(value, (_key, item: unknown) => {
      if (typeof item === 'bigint') return Number(item)
      return item instanceof Map ? Object.fromEntries<unknown>(item) : item
    }) ?? 'undefined',
  )
  return text.length > shown ? `${text.slice(0, shown)}…` : text
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
