import { BenchError } from '../domain/error.ts'
import { readPrivateFile } from '../lib/private-file.ts'
import { runCommand } from '../lib/process.ts'

/** Where the operator keeps a key. */
export type KeySource =
  | { readonly environment: string }
  /** Readable by nobody else. */
  | { readonly file: string }
  /** Program and arguments; prints the key. */
  | { readonly command: readonly string[] }

export interface KeyEffects {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly timeoutMs?: number
}

/** Reads a key where the operator keeps it. No error of it shows what was read. */
export async function readKey(source: KeySource, effects: KeyEffects = {}): Promise<string> {
  if ('environment' in source) return fromEnvironment(source.environment, effects.env ?? process.env)
  if ('file' in source) return fromFile(source.file)
  return await fromCommand(source.command, effects.timeoutMs ?? 30_000)
}

function fromEnvironment(name: string, env: Readonly<Record<string, string | undefined>>): string {
  const value = env[name]
  if (value === undefined || value.trim() === '')
    throw invalid(`the environment variable ${name} is not set`, `Set ${name} to the key.`)
  return checkKey(value, `the environment variable ${name}`)
}

function fromFile(path: string): string {
  const found = readPrivateFile(path)
  if ('fault' in found) throw invalid(...fileFaults[found.fault](path))
  if (found.ownerUid !== 0 && found.ownerUid !== process.getuid?.())
    throw invalid(`${path} belongs to another user, who can change it`, 'Use a file of your own.')
  return checkKey(found.text, path)
}

const fileFaults = {
  missing: (path) => [`the file ${path} with a key cannot be read`, 'Write the key into it, with chmod 600.'],
  not_a_file: (path) => [`${path} is no file`, 'Write the key into a file, with chmod 600.'],
  open_to_others: (path) => [`other users of this machine can read the key in ${path}`, `chmod 600 ${path}`],
} as const satisfies Record<string, (path: string) => [message: string, remedy: string]>

async function fromCommand(argv: readonly string[], timeoutMs: number): Promise<string> {
  const [program = ''] = argv
  const { code, stdout, timedOut, error } = await runCommand(argv, {
    timeoutMs,
    maxOutputBytes: maxKeyBytes + 1024,
  })
  if (code === 0) return checkKey(stdout, `the output of ${program}`)
  const how = timedOut ? `did not end within ${timeoutMs / 1000} s` : (error ?? `ended with ${code}`)
  throw invalid(
    `the command ${program}, which prints a key, ${how}`,
    'Run it by hand: it has to print the key.',
  )
}

const maxKeyBytes = 8192

/** What cannot stand in a header would be shown by the error of whoever tries. */
function checkKey(text: string, place: string): string {
  const key = text.trim()
  if (/^[\x21-\x7e]{8,8192}$/u.test(key)) return key
  throw invalid(
    key === '' ? `${place} holds no key` : `what ${place} holds is no key`,
    'A key is one word, as the provider shows it when it is made.',
  )
}

function invalid(message: string, remedy: string): BenchError {
  return new BenchError(message, { code: 'gateway/bad_key', kind: 'usage', remedy })
}
