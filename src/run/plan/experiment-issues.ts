import { inspect } from 'node:util'
import type * as z from 'zod'
import { experimentSchema } from '../../domain/experiment.ts'
import { closest } from '../../lib/closest.ts'

export type Path = readonly (string | number)[]

export interface Mistake {
  /** Where in the file it is; the key itself for an unknown one. */
  readonly at: Path
  readonly message: string
}

/** The schema's complaints in the words of whoever wrote the file. What follows from another mistake is left out. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], content: unknown): Mistake[] {
  const typos = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? [findTypos(issue)] : []))
  return issues.flatMap((issue) => {
    const at = pathOf(issue)
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        at: [...at, key],
        message: `unknown key "${key}"${suggest(key, knownKeys(at))}`,
      }))
    const explained = typos.some(({ parent, meant }) =>
      issue.code === 'custom' ? isEqual(at, parent) : meant.some((key) => isEqual(at, [...parent, key])),
    )
    return explained ? [] : [{ at, message: describeIssue(issue, at, valueAt(content, at)) }]
  })
}

/** What is known, or only the nearest when it must have been meant. */
export function suggest(word: string, known: readonly string[]): string {
  const near = closest(word, known)
  if (near !== undefined) return `; did you mean "${near}"?`
  return known.length === 0 ? '' : `; known: ${known.join(', ')}`
}

const typeNames: Readonly<Record<string, string>> = {
  object: 'a mapping of keys to values',
  record: 'a mapping of names to values',
  array: 'a list, such as [first, second]',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
}

function describeIssue(issue: z.core.$ZodIssue, at: Path, value: unknown): string {
  const field = at.length === 0 ? 'the file' : at.join('.')
  const found = value === undefined ? 'it is missing' : `this is ${show(value)}`
  if (issue.code === 'invalid_type')
    return `${field} must be ${typeNames[issue.expected] ?? issue.expected}, ${found}${hint(at, value)}`
  if (issue.code === 'too_small' && issue.origin === 'array')
    return `${field} must name at least ${issue.minimum}`
  if (issue.code === 'too_small')
    return `${field} must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}, ${found}`
  if (issue.code === 'too_big') return `${field} must be at most ${issue.maximum}, ${found}`
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String)
    return `${field} must be ${values.join(' or ')}, ${found}${typeof value === 'string' ? suggestOnly(value, values) : ''}`
  }
  if (issue.code === 'invalid_key') {
    const why = issue.issues[0]?.message ?? issue.message
    return `${at.slice(0, -1).join('.')}: the name "${String(at.at(-1))}" does not do: ${why}`
  }
  return `${field}: ${issue.message}${typeof value === 'string' ? `, ${found}` : ''}`
}

/** Slips that are easy to make and say more than the type. */
function hint(at: Path, value: unknown): string {
  if (typeof value === 'string' && /^[\d.]+\s*[a-zA-Z]+$/.test(value))
    return '; write the number alone: its unit is in the name of the key'
  if (at.length === 1 && at[0] === 'scheduler' && typeof value === 'string') return '; write { kind: local }'
  if (at.length === 2 && at[0] === 'agents' && typeof value === 'string') return `; write { path: ${value} }`
  return ''
}

function suggestOnly(word: string, known: readonly string[]): string {
  const near = closest(word, known)
  return near === undefined ? '' : `; did you mean "${near}"?`
}

interface Typos {
  readonly parent: Path
  readonly meant: readonly string[]
}

function findTypos(issue: z.core.$ZodIssueUnrecognizedKeys): Typos {
  const parent = pathOf(issue)
  const known = knownKeys(parent)
  return { parent, meant: issue.keys.flatMap((key) => closest(key, known) ?? []) }
}

function pathOf(issue: z.core.$ZodIssue): (string | number)[] {
  return issue.path.filter((part) => typeof part !== 'symbol')
}

function isEqual(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index])
}

function valueAt(content: unknown, at: Path): unknown {
  let value = content
  for (const part of at) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = Reflect.get(value, part)
  }
  return value
}

function show(value: unknown): string {
  if (value === null) return 'empty'
  if (typeof value === 'number') return String(value)
  const text = typeof value === 'object' ? inspect(value, { breakLength: Infinity }) : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

/** Keys of the object at a path, read off the schema. */
function knownKeys(at: Path): string[] {
  let schema: unknown = experimentSchema
  for (const part of at) schema = child(unwrap(schema), String(part))
  const object = unwrap(schema)
  const shape = isObject(object) ? object['shape'] : undefined
  return isObject(shape) ? Object.keys(shape) : []
}

function child(schema: unknown, key: string): unknown {
  if (!isObject(schema)) return undefined
  const shape = schema['shape']
  return isObject(shape) ? shape[key] : schema['valueType']
}

/** Looks through `.default()`, `.optional()` and their like. */
function unwrap(schema: unknown): unknown {
  let inner = schema
  while (isObject(inner) && !('shape' in inner) && typeof inner['unwrap'] === 'function')
    inner = inner['unwrap']()
  return inner
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
