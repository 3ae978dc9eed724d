import { expect, test } from 'vitest'
import { bfclRowSchema, planBfclRequests, type BfclRow } from './request.ts'

function row(properties: Record<string, unknown>): BfclRow {
  return bfclRowSchema.parse({
    id: 'exec_simple_0',
    question: [[{ role: 'user', content: 'How far?' }]],
    function: [
      { name: 'walk', description: 'Walks.', parameters: { type: 'dict', properties, required: ['to'] } },
    ],
    execution_result_type: ['exact_match'],
    ground_truth: ['walk(to="here")'],
  })
}

/** As text: the order counts. */
function sentProperties(...rows: Record<string, unknown>[]): string[] {
  return planBfclRequests(rows.map(row)).map(({ tools: [tool] }) =>
    JSON.stringify(Reflect.get(Object(tool?.function.parameters), 'properties')),
  )
}

test('a row becomes one user message and one tool', () => {
  expect(planBfclRequests([row({ to: { type: 'string' } })])).toEqual([
    {
      messages: [{ role: 'user', content: 'How far?' }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'walk',
            description: 'Walks.',
            parameters: {
              type: 'object',
              properties: { to: { type: 'string' } },
              required: ['to'],
              additionalProperties: false,
            },
          },
        },
      ],
    },
  ])
})

test("properties come in the order in which the file's rows first have them", () => {
  const [x, y, z] = [{ type: 'integer' }, { type: 'integer' }, { type: 'integer' }]
  expect(sentProperties({ y }, { x, z, y }, { z, x })).toEqual([
    '{"y":{"type":"integer"}}',
    '{"y":{"type":"integer"},"x":{"type":"integer"},"z":{"type":"integer"}}',
    '{"x":{"type":"integer"},"z":{"type":"integer"}}',
  ])
})

test('so do properties within properties, place by place', () => {
  const at = (...names: string[]) => ({
    type: 'dict',
    properties: Object.fromEntries(names.map((name) => [name, { type: 'float' }])),
  })
  expect(sentProperties({ a: at('n', 'm'), b: at('m', 'n') }, { a: at('m', 'n') })[1]).toBe(
    '{"a":{"type":"object","properties":{"n":{"type":"number"},"m":{"type":"number"}}}}',
  )
})

test("a property's fields have an order of their own, and types the words of JSON Schema", () => {
  const items = { items: { type: 'float' }, description: 'Inner.', type: 'tuple' }
  expect(sentProperties({ at: { items, enum: ['a'], description: 'Outer.', type: 'array' } })).toEqual([
    '{"at":{"type":"array","description":"Outer.","enum":["a"],"items":{"type":"array","description":"Inner.","items":{"type":"number"}}}}',
  ])
})

test('a default is kept unless it is null', () => {
  const type = 'boolean'
  expect(sentProperties({ a: { default: false, type }, b: { type, default: null } })).toEqual([
    '{"a":{"type":"boolean","default":false},"b":{"type":"boolean"}}',
  ])
})
