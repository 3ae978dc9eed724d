/**
 * Records of RFC 4180 by the names in its first line: quoted fields may hold commas, doubled quotes and line breaks.
 * Throws a `SyntaxError` on what is no such text.
 */
export function parseCsv(text: string, maxRows: number): Record<string, string>[] {
  const rows: Record<string, string>[] = []
  let names: string[] | null = null
  for (const record of readRecords(text.startsWith('\ufeff') ? text.slice(1) : text)) {
    if (names === null) {
      names = record
      continue
    }
    if (record.length !== names.length)
      throw new SyntaxError(`record ${rows.length + 1} has ${record.length} fields, not ${names.length}`)
    if (rows.length === maxRows) throw new SyntaxError(`more than ${maxRows} records`)
    rows.push(Object.fromEntries(names.map((name, index) => [name, record[index] ?? ''])))
  }
  return rows
}

function* readRecords(text: string): Generator<string[]> {
  // a field, quoted or not, and what ends it
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy
  let record: string[] = []
  while (pattern.lastIndex < text.length || record.length > 0) {
    const at = pattern.lastIndex
    const match = pattern.exec(text)
    if (match === null) throw new SyntaxError(`no field of a record at character ${at + 1}`)
    record.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] === ',') continue
    yield record
    record = []
    if (match[3] === '') return
  }
}
