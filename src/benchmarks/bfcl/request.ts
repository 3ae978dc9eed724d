import * as z from 'zod'
import type { ChatMessage, ChatTool } from '../../domain/chat.ts'

const functionSchema = z.object({
  name: z.string(),
  description: z.string(),
  parameters: z.object({ properties: z.record(z.string(), z.unknown()), required: z.array(z.string()) }),
})

/** A line of `BFCL_v3_exec_simple.json`: one conversation of one turn, one function, one call. */
export const bfclRowSchema = z.object({
  id: z.string(),
  question: z.tuple([z.array(z.object({ role: z.literal('user'), content: z.string() })).min(1)]),
  function: z.tuple([functionSchema]),
  ground_truth: z.tuple([z.string()]),
})
export type BfclRow = z.infer<typeof bfclRowSchema>

export interface BfclRequest {
  readonly messages: readonly ChatMessage[]
  readonly tools: readonly ChatTool[]
}

/**
 * What is sent for each row. It takes all of them: upstream reads the file into one Arrow table, in which every row
 * has the properties of all, in the order in which they first occur in the file, and drops those that are null.
 */
export function planBfclRequests(rows: readonly BfclRow[]): BfclRequest[] {
  const shape: Shape = new Map()
  for (const row of rows) learnShape(shape, row.function[0].parameters.properties)
  return rows.map(({ question: [messages], function: [{ name, description, parameters }] }) => {
    const schema = {
      type: 'object',
      properties: sendProperties(inShape(parameters.properties, shape)),
      required: parameters.required,
      additionalProperties: false,
    }
    return { messages, tools: [{ type: 'function', function: { name, description, parameters: schema } }] }
  })
}

/** The fields of all objects at one place, in the order of their first occurrence. */
type Shape = Map<string, Shape>

function learnShape(shape: Shape, value: unknown): void {
  if (Array.isArray(value)) for (const item of value) learnShape(shape, item)
  if (!isRecord(value)) return
  for (const [key, field] of Object.entries(value)) {
    const known = shape.get(key) ?? new Map<string, Shape>()
    shape.set(key, known)
    learnShape(known, field)
  }
}

function inShape(value: unknown, shape: Shape): unknown {
  if (Array.isArray(value)) return value.map((item) => inShape(item, shape))
  if (!isRecord(value)) return value
  const fields = [...shape].flatMap(([key, known]) => {
    const field = value[key]
    return field === undefined || field === null ? [] : [[key, inShape(field, known)] as const]
  })
  return Object.fromEntries(fields)
}

const fieldsInOrder = [
  'type',
  'description',
  'default',
  'enum',
  'items',
  'properties',
  'additionalProperties',
  'required',
]

/** Python's words for types, where JSON Schema has others. */
const typeWords: Readonly<Record<string, string>> = { dict: 'object', float: 'number', tuple: 'array' }

function sendProperties(properties: unknown): Record<string, unknown> {
  if (!isRecord(properties)) return {}
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, sendProperty(property)]),
  )
}

function sendProperty(property: unknown): unknown {
  if (!isRecord(property)) return property
  const present = fieldsInOrder.filter((field) => property[field] !== undefined)
  return Object.fromEntries(present.map((field) => [field, sendField(field, property[field])]))
}

function sendField(field: string, value: unknown): unknown {
  if (field === 'type' && typeof value === 'string') return typeWords[value] ?? value
  if (field === 'items') return sendProperty(value)
  return field === 'properties' ? sendProperties(value) : value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
