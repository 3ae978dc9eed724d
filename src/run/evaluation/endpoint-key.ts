import { BenchError } from '../../domain/error.ts'
import { readPrivateFile } from '../../lib/private-file.ts'

export interface EndpointKeyOptions {
  /** File that holds the key and nothing else, readable by its owner alone. */
  readonly file?: string | undefined
  /** Variable that holds the key, where no file was named. Default `ENDPOINT_API_KEY`. */
  readonly variable?: string | undefined
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** The key of an endpoint, null where there is none. It is never put into a message, and is no flag: others see those. */
export function readEndpointKey(options: EndpointKeyOptions): string | null {
  const { file, variable = 'ENDPOINT_API_KEY', env = process.env } = options
  if (file !== undefined) return checkKey(readKeyFile(file), `the file ${file}`)
  const given = env[variable]?.trim() ?? ''
  if (given !== '') return checkKey(given, `the variable ${variable}`)
  if (options.variable === undefined) return null
  throw invalid(
    `the variable ${variable} is not set`,
    `Set it, or leave it out for an endpoint without a key.`,
  )
}

function readKeyFile(path: string): string {
  const found = readPrivateFile(path)
  if ('text' in found) return found.text.trim()
  throw found.fault === 'open_to_others'
    ? invalid(`other users of this machine can read the key in ${path}`, `chmod 600 ${path}`)
    : invalid(`there is no file with a key at ${path}`, 'Write the key into it, with chmod 600.')
}

/** What cannot stand in a header would be printed by the error of whoever tries. */
function checkKey(key: string, place: string): string {
  if (/^[\x21-\x7e]{1,4096}$/.test(key)) return key
  throw invalid(`what ${place} holds is no key`, 'It must be one word of plain characters.')
}

function invalid(message: string, remedy: string): BenchError {
  return new BenchError(message, { code: 'endpoint/bad_key', kind: 'usage', remedy })
}
