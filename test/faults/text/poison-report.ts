import { reportSchema, type ReportData } from '../../../src/domain/report.ts'
import { hostile as hostileMarkup } from '../../fixtures/synthetic-report.ts'
import { hostile } from './hostile-text.ts'

const poison = ` ${hostile} ${Object.values(hostileMarkup).join(' ')}`
/** Points in time are written by the harness, and compared as such. */
const isTime = /(?:At|at|asOf)$/u

/**
 * A report in which every text is hostile that the schema does not restrict. Equal texts stay equal, so that what refers to
 * something still does. `poisoned` lists the fields, with `*` for any index.
 */
export function poisonReport(report: ReportData): { report: ReportData; poisoned: readonly string[] } {
  const tried = new Set<string>()
  const all = mapTexts(report, '', (text, field) => {
    if (isTime.test(field)) return text
    tried.add(field)
    return text + poison
  })
  const { error } = reportSchema.safeParse(all)
  const words = new Set(
    error?.issues.map(({ path }) => path.map((key) => (typeof key === 'number' ? '*' : key)).join('.')),
  )
  const poisoned = mapTexts(report, '', (text, field) =>
    tried.has(field) && !words.has(field) ? text + poison : text,
  )
  return {
    report: reportSchema.parse(poisoned),
    poisoned: [...tried].filter((field) => !words.has(field)),
  }
}

function mapTexts(value: unknown, field: string, change: (text: string, field: string) => string): unknown {
  const inner = (key: string): string => (field === '' ? key : `${field}.${key}`)
  if (typeof value === 'string') return change(value, field)
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, inner('*'), change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, mapTexts(one, inner(key), change)]),
  )
}
