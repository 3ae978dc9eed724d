import type { ReportData } from '../../src/domain/report.ts'

/** The data that the exporter put into the page, `null` in a bare template. */
export function readReport(): ReportData | null {
  const text = document.getElementById('report-data')?.textContent
  if (!text) return null
  const data: unknown = JSON.parse(text)
  return isReport(data) ? data : null
}

/** The exporter checked all of it against its schema when it wrote the page, so the version is proof enough. */
function isReport(data: unknown): data is ReportData {
  return typeof data === 'object' && data !== null && 'schemaVersion' in data && data.schemaVersion === 1
}
