import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng } from '../../src/lib/rng.ts'
import { mutate } from './mutate.ts'
import type { Target } from './targets.ts'

export interface FuzzResult {
  readonly target: string
  readonly inputs: number
  /** Of the input that took longest. */
  readonly slowestMs: number
  readonly failure: { readonly seed: number; readonly message: string; readonly input: string } | null
}

/** An input of a few kilobytes that takes longer than this is an attack that works. */
const tooLongMs = 2_000

/** Tries damaged inputs on one reader for some time. Stops at the first that it does not survive. */
export async function fuzz(
  target: Target,
  options: { readonly ms: number; readonly seed: number },
): Promise<FuzzResult> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'ptb-fuzz-'))
  const file = join(folder.path, 'input')
  const end = performance.now() + options.ms
  let inputs = 0
  let slowestMs = 0
  for (let seed = options.seed; performance.now() < end; seed++) {
    const bytes = mutate(target.seeds, createRng(seed))
    const started = performance.now()
    const message = await tryOut(target, bytes, file)
    const tookMs = performance.now() - started
    inputs++
    slowestMs = Math.max(slowestMs, tookMs)
    const problem = message ?? (tookMs > tooLongMs ? `took ${Math.round(tookMs)} ms` : null)
    if (problem !== null)
      return {
        target: target.name,
        inputs,
        slowestMs,
        failure: { seed, message: problem, input: bytes.toString('base64') },
      }
  }
  return { target: target.name, inputs, slowestMs, failure: null }
}

async function tryOut(target: Target, bytes: Buffer, file: string): Promise<string | null> {
  try {
    await target.read(bytes, file)
    return null
  } catch (error) {
    if (target.allowed.some((kind) => error instanceof kind)) return null
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}
