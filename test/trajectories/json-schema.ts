/** As much of JSON Schema as ATIF's needs. Returns what is wrong, with its place. */
export function checkJsonSchema(schema: Schema, value: unknown): readonly string[] {
  return check(schema, value, '', schema.$defs ?? {})
}

export interface Schema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly anyOf?: readonly Schema[]
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean
  readonly items?: Schema
  readonly minItems?: number
  readonly minimum?: number
}

type Definitions = Readonly<Record<string, Schema>>

function check(schema: Schema, value: unknown, path: string, definitions: Definitions): readonly string[] {
  if (schema.$ref !== undefined) {
    const target = definitions[schema.$ref.replace('#/$defs/', '')]
    if (target === undefined) throw new TypeError(`no definition ${schema.$ref}`)
    return check(target, value, path, definitions)
  }
  if (schema.anyOf !== undefined) {
    const problems = schema.anyOf.map((one) => check(one, value, path, definitions))
    return problems.some((found) => found.length === 0) ? [] : (problems[0] ?? [])
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${path}: not one of the values`]
  if (schema.type !== undefined && !isType(schema.type, value)) return [`${path}: not of type ${schema.type}`]
  if (schema.minimum !== undefined && typeof value === 'number' && value < schema.minimum)
    return [`${path}: too small`]
  if (Array.isArray(value)) {
    const { items, minItems = 0 } = schema
    return [
      ...(value.length < minItems ? [`${path}: too few`] : []),
      ...(items === undefined
        ? []
        : value.flatMap((item, index) => check(items, item, `${path}/${index}`, definitions))),
    ]
  }
  return typeof value === 'object' && value !== null ? checkObject(schema, value, path, definitions) : []
}

function checkObject(
  schema: Schema,
  value: object,
  path: string,
  definitions: Definitions,
): readonly string[] {
  const { properties = {}, required = [], additionalProperties = true } = schema
  return [
    ...required.filter((key) => !(key in value)).map((key) => `${path}: lacks ${key}`),
    ...Object.entries(value).flatMap(([key, one]) => {
      if (one === undefined) return []
      const known = properties[key]
      if (known !== undefined) return check(known, one, `${path}/${key}`, definitions)
      return additionalProperties ? [] : [`${path}: has ${key}`]
    }),
  ]
}

function isType(type: string, value: unknown): boolean {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    case 'null':
      return value === null
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type
    default:
      throw new TypeError(`type ${type} is not known`)
  }
}
