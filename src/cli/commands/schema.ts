import { buildCommand } from '@stricli/core'
import { jsonFlag } from '../flags.ts'

export const schema = buildCommand({
  async func(flags: { out?: string; json: boolean }, name?: string) {
    const { renderNamedSchema, renderSchemaList, writeSchemas } = await import('../schema.ts')
    if (flags.out !== undefined) console.log((await writeSchemas(flags.out)).join('\n'))
    else console.log(name === undefined ? renderSchemaList(flags) : renderNamedSchema(name))
  },
  parameters: {
    flags: {
      out: {
        kind: 'parsed',
        parse: String,
        brief: 'write all of them into this folder',
        optional: true,
        placeholder: 'DIR',
      },
      json: jsonFlag,
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'one of the list', parse: String, placeholder: 'NAME', optional: true }],
    },
  },
  docs: {
    brief: 'prints the JSON Schema of every file',
    fullDescription:
      'Without a name it lists them. In JSON lines every line has the form.\n\n' +
      'examples:\n  ptb schema\n  ptb schema result > result.schema.json\n  ptb schema --out schemas',
  },
})
