export interface ChartTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number | null)[])[]
}

/** RFC 4180. A text that a spreadsheet would take for a formula gets a quotation mark before it. */
export function renderCsv({ columns, rows }: ChartTable): string {
  return [columns, ...rows].map((row) => `${row.map(renderCell).join(',')}\r\n`).join('')
}

function renderCell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const text = /^\s*[=+\-@＝＋－＠]/u.test(value) ? `'${value}` : value
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
