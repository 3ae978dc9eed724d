import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { BenchError } from '../../domain/error.ts'

export const configName = 'ptb.config.ts'

export interface ConfigPlace {
  /** `--config`, where it was given. */
  readonly config?: string | undefined
  /** The nearest config above this file or folder counts, else the nearest above the working directory. */
  readonly near?: string
}

/** Where the config lies, or null. It is a program, so one that merely was found must belong to whoever runs it. */
export function findConfig({ config, near }: ConfigPlace): string | null {
  if (config !== undefined) {
    if (statSync(config, { throwIfNoEntry: false })?.isFile() === true) return resolve(config)
    throw new BenchError(`there is no config file ${config}`, {
      code: 'config/no_file',
      kind: 'usage',
      remedy: `Name a ${configName}; \`ptb new\` writes one.`,
    })
  }
  const found = (near === undefined ? null : searchUpwards(resolve(near))) ?? searchUpwards(process.cwd())
  if (found === null || isTrusted(found)) return found
  throw new BenchError(`${found} belongs to another user, so it was not run`, {
    code: 'config/not_yours',
    kind: 'usage',
    remedy: `Look at it, then name it with --config ${found}, or remove it.`,
  })
}

function searchUpwards(from: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, configName)
    if (existsSync(candidate)) return candidate
    if (folder === dirname(folder)) return null
  }
}

function isTrusted(path: string): boolean {
  const me = process.getuid?.()
  return me === undefined || [0, me].includes(statSync(path).uid)
}
