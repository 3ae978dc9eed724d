import { mkdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBytes } from '../domain/byte-size.ts'
import { BenchError } from '../domain/error.ts'
import { tryLease, type Lease } from '../lib/lease.ts'
import type { RetryOptions } from '../lib/retry.ts'
import type { Hub } from './hub.ts'

/** One dataset or model of the catalogue, on this machine or not. */
export interface CacheEntry {
  readonly kind: 'data' | 'model'
  readonly id: string
  readonly title: string
  readonly licence: string
  readonly gated: boolean
  readonly optional: boolean
  state(): Promise<EntryState>
  /** What a download would bring in all; null when nobody says. Asks the hub. */
  measure(hub: Hub): Promise<number | null>
  /** Does nothing when it is here. */
  download(options: DownloadOptions): Promise<void>
  /** Hashes everything again; what is wrong, with what to do about it. */
  verify(): Promise<readonly Fault[]>
}

export interface EntryState {
  /**
   * `here`: whole, in the cache; `own`: in the operator's folder, or part of ptb; `partial`: a download has begun;
   * `missing`: can be downloaded; `to supply`: only the operator can.
   */
  readonly status: 'here' | 'own' | 'partial' | 'missing' | 'to supply'
  /** Where it lies, or shall lie. */
  readonly path: string
  /** On disk. */
  readonly bytes: number
  /** When whole, if known without asking anybody. */
  readonly totalBytes: number | null
  /** The commit that it was downloaded at. */
  readonly commit: string | null
}

export interface Fault {
  readonly path: string
  readonly problem: string
  readonly remedy: string
}

export interface DownloadOptions {
  readonly hub: Hub
  readonly progress: DownloadProgress
  readonly retry?: RetryOptions
  readonly stallMs?: number
}

export interface DownloadProgress {
  /** Before the first byte: what it will be in all, and how much of it is here from an earlier try. */
  begin(totalBytes: number | null, hereBytes: number): void
  /** May be negative: what had to be thrown away. */
  add(bytes: number): void
  /** A file is whole and verified. */
  file(name: string): void
}

/** Two downloads of one thing would write into the same file. */
export function leaseDownload(cache: string, entry: Pick<CacheEntry, 'kind' | 'id'>): Lease {
  const lease = tryLease(`download-${entry.kind}-${entry.id}`, join(cache, 'leases'))
  if (lease !== null) return lease
  throw new BenchError(`"${entry.id}" is being downloaded by another process`, {
    code: 'data/being_downloaded',
    kind: 'environment',
    remedy: 'Wait for it to end.',
  })
}

/** What is left of the disk after it, so that other things can go on. */
const reserveBytes = 256 * 1024 * 1024

export async function assertRoom(folder: string, bytes: number): Promise<void> {
  const free = await readFreeBytes(folder)
  if (bytes === 0 || bytes + reserveBytes <= free) return
  throw new BenchError(`${formatBytes(bytes)} are to come, and ${folder} has ${formatBytes(free)} of room`, {
    code: 'data/no_room',
    kind: 'environment',
    remedy: 'Make room there, or set XDG_CACHE_HOME to a folder on a larger disk.',
  })
}

export async function readFreeBytes(folder: string): Promise<number> {
  await mkdir(folder, { recursive: true })
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
