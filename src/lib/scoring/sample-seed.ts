import { createHash } from 'node:crypto'

export interface SampleSeed {
  readonly runSeed: number
  readonly sampleId: string | number
  /** From 1. */
  readonly epoch: number
  /** From 0. */
  readonly call: number
}

/**
 * A seed of its own for every request of a run: one seed on all of them makes the engine give every sample the same noise.
 * The first four bytes of SHA-256, little-endian, 31 bits of them, as the published system does since its version 1.2.
 */
export function sampleSeed({ runSeed, sampleId, epoch, call }: SampleSeed): number {
  const digest = createHash('sha256').update(`${runSeed}:${sampleId}:${epoch}:${call}`).digest()
  return digest.readUInt32LE(0) & 0x7fffffff
}
