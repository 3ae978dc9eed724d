import { readdir, readFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { parsePythonJson } from '../lib/python/json.ts'
import { isDict, isList, type PythonDict, type PythonValue } from '../lib/python/value.ts'
import { mapConcurrently } from '../lib/map-concurrently.ts'
import type { ParityContext } from './checker.ts'
import { findChecker } from './checkers.ts'
import { findDifference } from './compare.ts'

export interface Failure {
  readonly id: string
  /** Where the result differs, as a path, or why there is none. */
  readonly where: string
  readonly input?: unknown
  readonly expected?: unknown
  readonly got?: unknown
}

export interface FileReport {
  readonly file: string
  readonly passed: number
  readonly total: number
  readonly milliseconds: number
  readonly failures: readonly Failure[]
  /** Rows whose result depends on the version of Python, for the reader. */
  readonly pythonSensitive: readonly string[]
}

export interface ParityOptions {
  readonly folder: string
  readonly dataFolder: string
  readonly python: string
}

/** Runs all vectors of a folder, file by file. A file without a single vector fails too. */
export async function runParity({ folder, dataFolder, python }: ParityOptions): Promise<FileReport[]> {
  const context = createContext(dataFolder, python)
  const files = (await readdir(folder)).filter((name) => /\.jsonl?$/.test(name)).sort()
  const reports: FileReport[] = []
  for (const file of files) reports.push(await runFile(join(folder, file), context))
  return reports
}

function createContext(dataFolder: string, python: string): ParityContext {
  const read = new Map<string, Promise<readonly unknown[]>>()
  return {
    python,
    rows: (path) => {
      const rows = read.get(path) ?? readRows(join(dataFolder, path))
      read.set(path, rows)
      return rows
    },
  }
}

async function readRows(path: string): Promise<readonly unknown[]> {
  const lines = (await readFile(path, 'utf8')).split('\n')
  return lines.filter((line) => line !== '').map((line): unknown => JSON.parse(line))
}

async function runFile(path: string, context: ParityContext): Promise<FileReport> {
  const started = performance.now()
  const file = basename(path, extname(path))
  const text = await readFile(path, 'utf8')
  const vectors = extname(path) === '.json' ? readExamples(text) : readVectors(text)
  const concurrency = Math.max(
    1,
    ...vectors.slice(0, 1).map((vector) => findChecker({ file, ...vector })?.concurrency ?? 1),
  )
  const results = await mapConcurrently(vectors, concurrency, (vector) => runVector(file, vector, context))
  const failures = results.filter((failure) => failure !== null)
  return {
    file: basename(path),
    passed: vectors.length - failures.length,
    total: vectors.length,
    milliseconds: Math.round(performance.now() - started),
    failures: vectors.length === 0 ? [{ id: file, where: 'there is no vector in it' }] : failures,
    pythonSensitive: vectors.filter(({ isPythonSensitive }) => isPythonSensitive).map(({ id }) => id),
  }
}

interface Vector {
  readonly id: string
  readonly input: unknown
  readonly expected: PythonValue
  readonly isPythonSensitive: boolean
  /** Why the line is no vector. */
  readonly broken?: string
}

function readVectors(text: string): Vector[] {
  return text
    .split('\n')
    .map((line, index) => ({ line, id: `line ${index + 1}` }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, id }) => {
      const row = parsePythonJson(line)
      if (!row.ok || !isDict(row.value)) return brokenVector(id, 'no JSON object')
      const input = row.value.get('input')
      const expected = row.value.get('expected')
      if (input === undefined || expected === undefined) return brokenVector(id, 'no input or no expected')
      const named = row.value.get('id')
      return {
        id: typeof named === 'string' ? named : id,
        input: toPlain(input),
        expected,
        isPythonSensitive: row.value.get('python_sensitive') === true,
      }
    })
}

function brokenVector(id: string, broken: string): Vector {
  return { id, input: null, expected: null, isPythonSensitive: false, broken }
}

/** One object of example requests by benchmark. */
function readExamples(text: string): Vector[] {
  const json = parsePythonJson(text)
  if (!json.ok || !isDict(json.value)) return [brokenVector('the file', 'no JSON object')]
  return [...json.value].map(([benchmark, expected]) => {
    const body: PythonDict = isDict(expected) ? expected : new Map()
    return {
      id: benchmark,
      input: { benchmark, messages: toPlain(body.get('messages') ?? null) },
      expected,
      isPythonSensitive: false,
    }
  })
}

async function runVector(file: string, vector: Vector, context: ParityContext): Promise<Failure | null> {
  const { id, input, expected } = vector
  if (vector.broken !== undefined) return { id, where: vector.broken }
  const checker = findChecker({ file, id, input })
  if (checker === null) return { id, where: 'nobody knows vectors of this kind', input }
  try {
    const got = await checker.check(input, context)
    const where = findDifference(expected, got, checker)
    return where === null ? null : { id, where, input, expected: toPlain(expected), got }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { id, where: `not checked: ${why}`, input, expected: toPlain(expected) }
  }
}

/** As `JSON.parse` would have read it. */
function toPlain(value: PythonValue): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) return value.map(toPlain)
  if (isDict(value)) return Object.fromEntries([...value].map(([key, item]) => [key, toPlain(item)]))
  return value.repr
}
