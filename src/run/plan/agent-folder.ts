import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { parse } from 'yaml'
import * as z from 'zod'
import { BenchError } from '../../domain/error.ts'
import { hashFile, hashFolder, hashJson, type HashedFile } from '../../lib/hash.ts'

/** `agent.yaml`, beside `solve.sh`; optional. */
export const manifestSchema = z.strictObject({
  /** Files and folders, relative to the manifest, that land beside `solve.sh` under their own names. */
  include: z.array(z.string()).default([]),
  /** Which agent of the registry or of `ptb.config.ts` starts it; `custom` runs `solve.sh`. */
  kind: z.string().default('custom'),
})

export interface AgentFile {
  /** Relative to the assembled folder. */
  readonly path: string
  readonly source: string
  readonly sha256: string
  readonly mode: number
}

export interface AgentFolder {
  readonly kind: string
  readonly files: readonly AgentFile[]
  readonly hash: string
}

/** An agent's folder as it will be assembled for a run: its own files and what its manifest includes. */
export async function readAgentFolder(path: string): Promise<AgentFolder> {
  const { include, kind } = await readManifest(join(path, 'agent.yaml'))
  if (kind === 'custom' && !existsSync(join(path, 'solve.sh')))
    throw new BenchError(`there is no solve.sh in ${path}`, {
      code: 'agent/no_solve_sh',
      kind: 'usage',
      remedy: 'An agent is a folder with a solve.sh; see docs/extending/agent.md.',
    })
  const files = (await hashAgentFiles(path)).map((file) => ({ ...file, source: join(path, file.path) }))
  for (const entry of include) files.push(...(await readIncluded(path, entry)))
  files.sort((a, b) => (a.path < b.path ? -1 : 1))
  const twice = files.find((file, index) => files[index + 1]?.path === file.path)
  if (twice !== undefined) throw manifestError(path, `two files would be called ${twice.path}`)
  return {
    kind,
    files,
    hash: hashJson(files.map(({ path: name, sha256, mode }) => ({ path: name, sha256, mode }))),
  }
}

async function readManifest(path: string): Promise<z.infer<typeof manifestSchema>> {
  if (!existsSync(path)) return manifestSchema.parse({})
  let content: unknown
  try {
    content = parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw manifestError(path, error instanceof Error ? error.message.trim() : String(error))
  }
  const parsed = manifestSchema.safeParse(content)
  if (parsed.success) return parsed.data
  throw manifestError(path, z.prettifyError(parsed.error))
}

async function readIncluded(folder: string, entry: string): Promise<AgentFile[]> {
  const source = resolve(folder, entry)
  const stats = await stat(source).catch(() => null)
  if (stats === null) throw manifestError(folder, `the included ${entry} does not exist`)
  const name = basename(source)
  if (stats.isFile())
    return [{ path: name, source, sha256: await hashFile(source), mode: stats.mode & 0o777 }]
  return (await hashAgentFiles(source)).map((file) => ({
    ...file,
    path: `${name}/${file.path}`,
    source: join(source, file.path),
  }))
}

async function hashAgentFiles(folder: string): Promise<HashedFile[]> {
  try {
    return (await hashFolder(folder)).files
  } catch (error) {
    throw new BenchError(
      `the agent's folder cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      {
        code: 'agent/not_hashable',
        kind: 'usage',
        remedy:
          'It may hold files and folders only. Put copies where links are, or include a folder with agent.yaml.',
        cause: error,
      },
    )
  }
}

function manifestError(path: string, message: string): BenchError {
  return new BenchError(`the manifest of the agent in ${path} is not valid: ${message}`, {
    code: 'agent/bad_manifest',
    kind: 'usage',
    remedy: 'See docs/extending/agent.md for what agent.yaml may say.',
  })
}
