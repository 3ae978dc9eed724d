import { isUtf8 } from 'node:buffer'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { notRun, type ProgramResult } from '../../domain/scoring.ts'
import { whyNotArgument } from '../../lib/python/argument.ts'

export interface PlainRun {
  readonly source: string
  readonly python: string
  readonly timeoutMs: number
}

/** Between SIGTERM and SIGKILL. */
const graceMs = 2000
/** Of each stream. What comes after is read and dropped: the program goes on to its end. */
const maxOutputBytes = 10 * 1024 * 1024

/**
 * `python -c source` as the published system runs it: as this user, with this environment, in an empty folder, without
 * input. **No isolation**: for comparison with known programs only, never for what a model wrote.
 */
export async function runPlain({ source, python, timeoutMs }: PlainRun): Promise<ProgramResult> {
  const unscorable = whyNotArgument(source)
  if (unscorable !== null) return notRun(unscorable)
  const folder = await mkdtemp(join(tmpdir(), 'ptb-program-'))
  try {
    return await runIn(folder, { source, python, timeoutMs })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function runIn(folder: string, { source, python, timeoutMs }: PlainRun): Promise<ProgramResult> {
  const { promise, resolve, reject } = Promise.withResolvers<ProgramResult>()
  // a group of its own, so that what it started ends with it
  const child = spawn(python, ['-c', source], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  let timedOut = false
  let killTimer: NodeJS.Timeout | undefined
  const timer = setTimeout(() => {
    timedOut = true
    signalGroup(child.pid, 'SIGTERM')
    killTimer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), graceMs)
  }, timeoutMs)
  child.on('error', (error) => {
    clearTimeout(timer)
    reject(error)
  })
  child.on('exit', () => {
    clearTimeout(timer)
    clearTimeout(killTimer)
    // a process that it left behind would hold the pipes open
    signalGroup(child.pid, 'SIGKILL')
  })
  child.on('close', (exitCode) => {
    const output = { stdout: stdout.bytes(), stderr: stderr.bytes() }
    if (timedOut) return resolve({ ...output, exitCode: null, exceeded: 'time', unscorable: null })
    const tooMuch = stdout.size() > maxOutputBytes || stderr.size() > maxOutputBytes
    const isText = isUtf8(output.stdout) && isUtf8(output.stderr)
    const unscorable = tooMuch ? 'its output is too long' : isText ? null : 'its output is not UTF-8'
    resolve({ ...output, exitCode, exceeded: tooMuch ? 'output' : null, unscorable })
  })
  return promise
}

interface Collected {
  readonly size: () => number
  readonly bytes: () => Uint8Array
}

function collect(stream: NodeJS.ReadableStream): Collected {
  const chunks: Uint8Array[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    if (size < maxOutputBytes) chunks.push(chunk.subarray(0, maxOutputBytes - size))
    size += chunk.length
  })
  return { size: () => size, bytes: () => Buffer.concat(chunks) }
}

function signalGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return
  try {
    process.kill(-leader, signal)
  } catch {
    // already gone
  }
}
