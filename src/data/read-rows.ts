import { readFile, stat } from 'node:fs/promises'
import type { Dataset, DatasetFile } from '../domain/dataset.ts'
import { BenchError } from '../domain/error.ts'
import { sha256 } from '../lib/hash.ts'
import { parseCsv } from './parse-csv.ts'

export type Row = Readonly<Record<string, unknown>>

/** More than any benchmark needs: a file that is larger is not what it should be. */
export const maxDataBytes = 1024 ** 3
const maxRows = 1_000_000

/** The rows of a file, which must be those that the catalogue announces. */
export async function readRows(dataset: Dataset, file: DatasetFile, path: string): Promise<readonly Row[]> {
  const rows = await parseRows(file, path)
  const { count, columns, sha256: expected } = dataset.rows
  if (rows.length === 0) throw changed(path, 'it has no rows')
  if (count !== undefined && rows.length !== count)
    throw changed(path, `it has ${rows.length} rows, not ${count}`)
  for (const [index, row] of rows.entries()) {
    const missing = columns.find((column) => row[column] === undefined)
    if (missing !== undefined) throw changed(path, `row ${index + 1} has no column "${missing}"`)
  }
  if (expected !== undefined && hashRows(rows, columns) !== expected)
    throw changed(path, 'its rows are not those that the catalogue announces')
  return rows
}

/** Of the columns' texts, row by row; what is no text counts as its JSON. The same for every format that holds the same. */
export function hashRows(rows: readonly Row[], columns: readonly string[]): string {
  const lines = rows.map((row) =>
    JSON.stringify(
      columns.map((column) => {
        const value = row[column]
        return typeof value === 'string' ? value : JSON.stringify(value)
      }),
    ),
  )
  return sha256(`${lines.join('\n')}\n`)
}

async function parseRows({ format }: DatasetFile, path: string): Promise<readonly Row[]> {
  const { size } = await stat(path)
  if (size > maxDataBytes) throw unreadable(path, 'it is larger than 1 GiB')
  switch (format) {
    case 'jsonl':
      return parseLines(await readText(path), path)
    case 'json':
      return parseArray(await readText(path), path)
    case 'csv':
      return tryParse(path, await readText(path), (text) => parseCsv(text, maxRows))
    case 'parquet': {
      // only who reads Parquet waits for its reader
      const { readParquet } = await import('./read-parquet.ts')
      try {
        return await readParquet(await readFile(path), { maxRows, maxBytes: maxDataBytes })
      } catch (error) {
        throw unreadable(path, describe(error))
      }
    }
  }
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw unreadable(path, 'it is no UTF-8 text')
  }
}

/** Also a last line without a newline is one: published files have it so. */
function parseLines(text: string, path: string): Row[] {
  const rows: Row[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    if (rows.length === maxRows) throw unreadable(path, `more than ${maxRows} rows`)
    const value: unknown = tryParse(path, line, JSON.parse, `line ${index + 1}: `)
    if (!isRow(value)) throw unreadable(path, `line ${index + 1} is no JSON object`)
    rows.push(value)
  }
  return rows
}

function parseArray(text: string, path: string): Row[] {
  const value: unknown = tryParse(path, text, JSON.parse)
  if (!Array.isArray(value) || !value.every(isRow)) throw unreadable(path, 'it is no JSON array of objects')
  if (value.length > maxRows) throw unreadable(path, `more than ${maxRows} rows`)
  return value
}

function tryParse<T>(path: string, text: string, parse: (text: string) => T, place = ''): T {
  try {
    return parse(text)
  } catch (error) {
    throw unreadable(path, place + describe(error))
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Parsers quote what they read, which may be a whole test item. */
function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return error instanceof SyntaxError && message.includes('JSON') ? 'no valid JSON' : message.slice(0, 200)
}

function unreadable(path: string, why: string): BenchError {
  return new BenchError(`${path} cannot be read: ${why}`, {
    code: 'data/unreadable',
    kind: 'environment',
    remedy,
  })
}

function changed(path: string, why: string): BenchError {
  return new BenchError(`${path} is not the data that the catalogue names: ${why}`, {
    code: 'data/changed',
    kind: 'environment',
    remedy,
  })
}

const remedy =
  'Remove the file and run `ptb cache download`, or put the right one in its place (see docs/data.md).'
