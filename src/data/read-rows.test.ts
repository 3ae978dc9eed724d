import { randomInt } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeParquet } from '../../test/fixtures/parquet.ts'
import { datasetSchema, type Dataset } from '../domain/dataset.ts'
import { BenchError } from '../domain/error.ts'
import { parseCsv } from './parse-csv.ts'
import { hashRows, readRows, type Row } from './read-rows.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-rows-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The columns of GPQA, with content of our own. */
const synthetic = [1, 2, 3].map((number) => ({
  Question: `What is ${number} + ${number}?\nThink, "carefully".`,
  'Correct Answer': String(2 * number),
  'Incorrect Answer 1': `${number}, or so`,
  'Incorrect Answer 2': 'é ∑',
  'Incorrect Answer 3': '',
  'Record ID': `rec${number}`,
}))
const columns = Object.keys(synthetic[0] ?? {})

async function read(
  format: string,
  content: string | Buffer,
  rows: Partial<Dataset['rows']> = {},
): Promise<readonly Row[]> {
  const path = join(folder, `data.${format}`)
  await writeFile(path, content)
  const dataset = datasetSchema.parse({
    id: 'set',
    title: 'Set',
    benchmarks: [],
    licence: 'MIT',
    redistributable: true,
    rows: { columns: ['Question'], ...rows },
    files: [{ path: `data.${format}`, format }],
  })
  const [file] = dataset.files
  if (file === undefined) throw new Error('one was given')
  return readRows(dataset, file, path)
}

function toCsv(rows: readonly Readonly<Record<string, string>>[]): string {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
  return [columns, ...rows.map((row) => columns.map((name) => row[name] ?? ''))]
    .map((record) => record.map(quote).join(','))
    .join('\r\n')
}

describe('rows', () => {
  it.each([
    ['parquet', writeParquet(synthetic)],
    ['parquet', writeParquet(synthetic, 'gzip')],
    ['parquet', writeParquet(synthetic, 'zstd')],
    ['csv', toCsv(synthetic)],
    ['jsonl', synthetic.map((row) => JSON.stringify(row)).join('\n')],
    ['json', JSON.stringify(synthetic)],
  ])('are the same from %s, and so is their hash', async (format, content) => {
    const sha256 = hashRows(synthetic, columns)
    expect(await read(format, content, { count: 3, columns, sha256 })).toEqual(synthetic)
  })

  it('have integers of Parquet as numbers, and none that a number cannot hold', async () => {
    expect(await read('parquet', writeParquet([{ Question: 'q', answer: 70n }]))).toEqual([
      { Question: 'q', answer: 70 },
    ])
    await expect(read('parquet', writeParquet([{ Question: 'q', answer: 2n ** 60n }]))).rejects.toThrow(
      'too large',
    )
  })

  const whole = writeParquet(synthetic, 'zstd')
  it.each([
    ['parquet', 'a web page', Buffer.from('<html>Please sign in</html>')],
    ['parquet', 'nothing', Buffer.alloc(0)],
    ['parquet', 'half of it', whole.subarray(0, whole.length / 2)],
    ['parquet', 'its end alone', whole.subarray(100)],
    ['parquet', 'zeros for its pages', Buffer.concat([Buffer.alloc(120), whole.subarray(120)])],
    ['csv', 'an open quote', 'Question\n"never closed'],
    ['csv', 'a short record', 'Question,b\nx'],
    ['csv', 'what is no UTF-8', Buffer.from([0x51, 0xff, 0xfe])],
    ['jsonl', 'a web page', '<html>Please sign in</html>'],
    ['jsonl', 'a list', '[1]'],
    ['jsonl', 'a torn line', '{"Question":"q"}\n{"Quest'],
    ['json', 'an object', '{"Question":"q"}'],
  ])('of %s that is %s: a named error with the file and a remedy', async (format, _, content) => {
    await expect(read(format, content)).rejects.toMatchObject({
      code: 'data/unreadable',
      message: expect.stringContaining(join(folder, `data.${format}`)),
      remedy: expect.stringContaining('ptb cache download'),
    })
  })

  it('are never silently none', async () => {
    await expect(read('jsonl', '\n')).rejects.toMatchObject({ code: 'data/changed' })
    await expect(read('csv', 'Question\n')).rejects.toMatchObject({ code: 'data/changed' })
    await expect(read('json', '[]')).rejects.toMatchObject({ code: 'data/changed' })
  })

  it('of damaged Parquet are a named error or those that were written', async () => {
    const sha256 = hashRows(synthetic, columns)
    for (let turn = 0; turn < 300; turn++) {
      const damaged = Buffer.from(writeParquet(synthetic, 'gzip'))
      const at = randomInt(damaged.length)
      damaged[at] = randomInt(256)
      const outcome = await read('parquet', damaged, { columns, sha256 }).catch((error: unknown) => error)
      const isFine = Array.isArray(outcome)
        ? hashRows(outcome, columns) === sha256
        : outcome instanceof BenchError && /^data\/(unreadable|changed)$/.test(outcome.code)
      expect(isFine, `byte ${at} as ${damaged[at]}: ${String(outcome)}`).toBe(true)
    }
  })

  it('quote nothing of a file that cannot be read: it may be a test item', async () => {
    const failure: unknown = await read('jsonl', '{"Question":"the secret question"').catch(
      (error: unknown) => error,
    )
    expect(String(failure)).not.toContain('secret')
  })
})

describe('CSV', () => {
  it('gives back what was written', () => {
    const record = fc.record(
      Object.fromEntries(columns.map((name) => [name, fc.string({ unit: 'grapheme' })])),
    )
    fc.assert(
      fc.property(fc.array(record, { minLength: 1 }), (rows) => {
        expect(parseCsv(toCsv(rows), 1000)).toEqual(rows.map((row) => ({ ...row })))
      }),
    )
  })

  it('takes fields without quotes, an empty last one, and a byte order mark', () => {
    expect(parseCsv('\ufeffa,b\r\n1,\r\n,2\n', 10)).toEqual([
      { a: '1', b: '' },
      { a: '', b: '2' },
    ])
  })

  it('has an end', () => {
    expect(() => parseCsv('a\n1\n2\n3\n', 2)).toThrow('more than 2 records')
  })
})
