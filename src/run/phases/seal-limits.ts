import type { TreeLimits } from '../../lib/untrusted-tree.ts'

export interface SealLimits {
  readonly model: TreeLimits & {
    /** All files that are taken over. */
    readonly bytes: number
    /** Each JSON or text file of the checkpoint. */
    readonly textBytes: number
  }
  readonly workspace: TreeLimits & {
    /** All files of the archive. */
    readonly bytes: number
    /** A file that may hold training data, by its name. */
    readonly dataFileBytes: number
    /** Any other file: caches, intermediate checkpoints. */
    readonly fileBytes: number
  }
}

const MiB = 1024 ** 2
const GiB = 1024 ** 3

/** Room for a 30 B model in 16 bits, and for a few million training rows. */
export const defaultSealLimits: SealLimits = {
  model: { entries: 2_000, depth: 8, bytes: 80 * GiB, textBytes: 64 * MiB },
  workspace: {
    entries: 200_000,
    depth: 32,
    bytes: 8 * GiB,
    dataFileBytes: 2 * GiB,
    fileBytes: 64 * MiB,
  },
}
