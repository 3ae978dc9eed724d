import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { BenchError } from '../domain/error.ts'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { closest } from '../lib/closest.ts'
import { renderTable } from '../lib/table.ts'
import { fileSchemas, type FileSchema } from './schemas.ts'

export function renderSchemaList(options: { readonly json: boolean }): string {
  if (options.json)
    return JSON.stringify(
      fileSchemas.map(({ schema: _schema, ...file }) => file),
      null,
      2,
    )
  return renderTable(
    [{ title: 'name' }, { title: 'file' }, { title: 'what it is' }],
    fileSchemas.map(({ id, files, about, form }) => [
      id,
      files[0] ?? '',
      form === 'lines' ? `${about}; per line` : about,
    ]),
  )
}

export function renderNamedSchema(name: string): string {
  const file = fileSchemas.find(({ id }) => id === name)
  if (file !== undefined) return renderSchema(file)
  const near = closest(
    name,
    fileSchemas.map(({ id }) => id),
  )
  throw new BenchError(
    `there is no schema "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
    {
      code: 'schema/unknown',
      kind: 'usage',
      remedy: '`ptb schema` lists them.',
    },
  )
}

/** Writes `<name>.schema.json` for every one. Returns the paths. */
export async function writeSchemas(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const paths: string[] = []
  for (const file of fileSchemas) {
    const path = join(folder, `${file.id}.schema.json`)
    await writeFileAtomic(path, `${renderSchema(file)}\n`)
    paths.push(path)
  }
  return paths
}

/** Of what people write the form that they may write, of what ptb writes the form that readers get. */
function renderSchema({ id, about, form, schema }: FileSchema): string {
  const io = form === 'yaml' ? 'input' : 'output'
  return JSON.stringify({ title: id, description: about, ...z.toJSONSchema(schema, { io }) }, null, 2)
}
