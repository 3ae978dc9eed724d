import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { BenchError } from '../domain/error.ts'
import { readPrivateFile } from '../lib/private-file.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * The token for the hub: a file that was named, `HF_TOKEN`, the file in `HF_TOKEN_PATH`, or where the hub's own tools
 * leave it; null where there is none. It is never put into a message. A file that was named must be private.
 */
export function readHubToken(
  options: { readonly file?: string | undefined; readonly env?: Env } = {},
): string | null {
  const env = options.env ?? process.env
  if (options.file !== undefined) return readTokenFile(options.file)
  const given = env['HF_TOKEN']?.trim()
  if (given) return checkToken(given, 'HF_TOKEN')
  const named = env['HF_TOKEN_PATH']
  if (named) return readTokenFile(named)
  const home =
    env['HF_HOME'] || join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'huggingface')
  const usual = join(home, 'token')
  const content = readIfThere(usual)?.trim()
  return content ? checkToken(content, usual) : null
}

function readTokenFile(path: string): string {
  const found = readPrivateFile(path)
  if ('fault' in found)
    throw found.fault === 'open_to_others'
      ? invalid(`other users of this machine can read the token in ${path}`, `chmod 600 ${path}`)
      : invalid(`there is no file with a token at ${path}`, 'Write the token into it, with chmod 600.')
  const token = found.text.trim()
  if (token === '') throw invalid(`${path} holds no token`, 'Write the token into it.')
  return checkToken(token, path)
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** What cannot stand in a header would be printed by the error of whoever tries. */
function checkToken(token: string, place: string): string {
  if (/^[\x21-\x7e]{8,512}$/.test(token)) return token
  throw invalid(
    `what ${place} holds is no token`,
    'It must be one word, as the hub shows it when the token is made.',
  )
}

function invalid(message: string, remedy: string): BenchError {
  return new BenchError(message, { code: 'hub/bad_token', kind: 'usage', remedy })
}
