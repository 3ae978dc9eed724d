import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { SafetensorsFile } from './safetensors.ts'

export interface TensorHashes {
  /** Of the whole file, header included. */
  readonly sha256: string
  readonly tensors: ReadonlyMap<string, string>
}

/** Hashes a file and each of its tensors in one pass and constant memory. */
export async function hashTensors(file: SafetensorsFile): Promise<TensorHashes> {
  const whole = createHash('sha256')
  const hashes = new Map<string, string>()
  const handle = await open(file.path, 'r')
  try {
    const chunk = Buffer.allocUnsafe(4 * 1024 * 1024)
    async function take(start: number, end: number, visit: (bytes: Uint8Array) => void): Promise<void> {
      for (let position = start; position < end;) {
        const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, end - position), position)
        if (bytesRead === 0) throw new Error(`${file.path} became shorter while it was read`)
        visit(chunk.subarray(0, bytesRead))
        position += bytesRead
      }
    }
    await take(0, file.tensors[0]?.start ?? file.bytes, (bytes) => whole.update(bytes))
    for (const tensor of file.tensors) {
      const hash = createHash('sha256')
      await take(tensor.start, tensor.end, (bytes) => {
        whole.update(bytes)
        hash.update(bytes)
      })
      hashes.set(tensor.name, hash.digest('hex'))
    }
  } finally {
    await handle.close()
  }
  return { sha256: whole.digest('hex'), tensors: hashes }
}
