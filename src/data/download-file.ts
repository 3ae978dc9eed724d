import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatBytes } from '../domain/byte-size.ts'
import { BenchError } from '../domain/error.ts'
import { createRetryDelays, type RetryOptions } from '../lib/retry.ts'
import { digestLike, type Digest } from './digest.ts'
import { isTransient } from './hub-errors.ts'
import type { RemoteBytes } from './hub.ts'

export interface DownloadFileOptions {
  /** What it is called in messages. */
  readonly name: string
  open(start: number, signal: AbortSignal): Promise<RemoteBytes>
  /** Where it shall lie; until it is whole and right, it grows at `path` + `.partial`. */
  readonly path: string
  /** Null where nobody said it before. */
  readonly bytes: number | null
  readonly digest: Digest | null
  readonly maxBytes: number
  /** Looks at what has the right hash before it takes its place; throws to refuse it. */
  accept?(path: string): Promise<void>
  /** Called with what came, and with less than nothing for what had to be thrown away. */
  onBytes?(count: number): void
  readonly retry?: RetryOptions
  /** A connection that brings nothing for so long is given up. */
  readonly stallMs?: number
}

export const partialSuffix = '.partial'
const usualRetry: RetryOptions = { retries: 6, firstMs: 500, maxMs: 20_000 }
/** A connection that brought that much was good: tries count anew. */
const progressBytes = 4 * 1024 * 1024

/**
 * Gets one file, going on where an earlier try, also one of a process that was killed, has stopped. It appears at `path`
 * at once and only with the right size and content.
 */
export async function downloadFile(options: DownloadFileOptions): Promise<void> {
  const partial = options.path + partialSuffix
  await mkdir(dirname(options.path), { recursive: true })
  const found = await sizeOf(partial)
  await fetchAll(options, partial)
  const wrong = await findFault(options, partial)
  if (wrong !== null) {
    await discard(options, partial)
    // what an earlier process left may have been the fault: once more, all of it from now
    if (found === 0) throw wrong
    await fetchAll(options, partial)
    const still = await findFault(options, partial)
    if (still !== null) {
      await discard(options, partial)
      throw still
    }
  }
  await options.accept?.(partial).catch(async (error: unknown) => {
    await discard(options, partial)
    throw error
  })
  await syncFile(partial)
  await rename(partial, options.path)
}

async function fetchAll(options: DownloadFileOptions, partial: string): Promise<void> {
  const retry = options.retry ?? usualRetry
  let delays = createRetryDelays(retry)
  delays.next() // the first try waits for nothing
  for (;;) {
    const before = await sizeOf(partial)
    if (options.bytes !== null && before > options.bytes) await discard(options, partial)
    else if (before === options.bytes && before > 0) return
    try {
      await append(options, partial)
      return
    } catch (error) {
      if (!isTransient(error)) throw error
      if ((await sizeOf(partial)) - before >= progressBytes) delays = createRetryDelays(retry)
      const { value, done } = delays.next()
      if (done === true) throw error
      await sleep(value)
    }
  }
}

/** One connection, from the end of what is there to the end of the file. */
async function append(options: DownloadFileOptions, partial: string): Promise<void> {
  const stall = new AbortController()
  const stallMs = options.stallMs ?? 60_000
  const timer = setTimeout(() => stall.abort(createStallError(options.name)), stallMs)
  try {
    const have = await sizeOf(partial)
    const remote = await options.open(have, stall.signal)
    if (options.bytes !== null && remote.totalBytes !== null && remote.totalBytes !== options.bytes)
      throw createSizeError(options.name, remote.totalBytes, options.bytes)
    if (remote.start !== have) await discard(options, partial)
    // a server may answer from the beginning, never from elsewhere
    if (remote.start !== have && remote.start !== 0) throw createSizeError(options.name, remote.start, have)
    await using file = await open(partial, 'a', 0o644)
    await write(options, file, remote, timer)
  } finally {
    clearTimeout(timer)
  }
}

async function write(
  options: DownloadFileOptions,
  file: FileHandle,
  remote: RemoteBytes,
  timer: NodeJS.Timeout,
): Promise<void> {
  const limit = options.bytes ?? options.maxBytes
  let bytes = remote.start
  for await (const chunk of remote.body) {
    timer.refresh()
    bytes += chunk.length
    if (bytes > limit) throw createSizeError(options.name, bytes, limit)
    await file.appendFile(chunk)
    options.onBytes?.(chunk.length)
  }
  const end = options.bytes ?? remote.totalBytes
  if (end !== null && bytes < end) throw createStallError(options.name)
}

async function findFault(options: DownloadFileOptions, path: string): Promise<BenchError | null> {
  if (options.digest === null || (await digestLike(path, options.digest)) === options.digest) return null
  return new BenchError(`${options.name}: what came is not what was announced (its hash differs)`, {
    code: 'data/wrong_content',
    kind: 'environment',
    remedy:
      'Run the command again. If it stays so, the endpoint or a proxy changes what it sends: use another one.',
  })
}

async function discard(options: DownloadFileOptions, partial: string): Promise<void> {
  const bytes = await sizeOf(partial)
  if (bytes > 0) options.onBytes?.(-bytes)
  await rm(partial, { force: true })
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0
}

async function syncFile(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}

function createSizeError(name: string, bytes: number, expected: number): BenchError {
  return new BenchError(
    `${name} has another size than it should: ${formatBytes(bytes)}, not ${formatBytes(expected)}`,
    {
      code: 'data/wrong_size',
      kind: 'environment',
      remedy:
        'The endpoint does not send what was announced. Check HF_ENDPOINT or --endpoint, or use another mirror.',
    },
  )
}

function createStallError(name: string): BenchError {
  return new BenchError(`${name}: the connection ended before the file did`, {
    code: 'hub/interrupted',
    kind: 'environment',
    remedy: 'Run the command again: it goes on where it stopped.',
  })
}
