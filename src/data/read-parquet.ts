import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import type { Row } from './read-rows.ts'

export interface ParquetLimits {
  readonly maxRows: number
  /** Of all columns, uncompressed. */
  readonly maxBytes: number
}

/** Rows of a Parquet file as plain objects: integers as numbers, and nothing that JSON cannot hold. */
export async function readParquet(content: Uint8Array, limits: ParquetLimits): Promise<Row[]> {
  if (content.length < 12) throw new Error('it is too short for Parquet')
  const bytes = new Uint8Array(content).buffer
  const file: AsyncBuffer = { byteLength: bytes.byteLength, slice: (start, end) => bytes.slice(start, end) }
  const metadata = await parquetMetadataAsync(file)
  if (metadata.num_rows > limits.maxRows) throw new Error(`more than ${limits.maxRows} rows`)
  const size = metadata.row_groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0)
  if (!(size <= limits.maxBytes)) throw new Error(`more than ${limits.maxBytes} bytes uncompressed`)
  const rows: unknown[] = await parquetReadObjects({ file, metadata, compressors })
  if (BigInt(rows.length) !== metadata.num_rows) throw new Error('it has fewer rows than it says')
  return rows.map((row) => toPlainRow(row))
}

function toPlainRow(row: unknown): Row {
  if (typeof row !== 'object' || row === null) throw new Error('a row is no record')
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toPlain(value)]))
}

function toPlain(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value)
    if (Number.isSafeInteger(number)) return number
    throw new Error('an integer is too large to be kept exactly')
  }
  if (value === undefined) return null
  if (value instanceof Uint8Array) throw new Error('a column holds bytes that are no text')
  if (Array.isArray(value)) return value.map(toPlain)
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' && value !== null ? toPlainRow(value) : value
}
