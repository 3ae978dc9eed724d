/** The last bytes of what is written to it. */
export interface Tail {
  write(chunk: Buffer): void
  text(): string
}

/** Of a writer of single bytes as well, little more than these is held. */
const maxChunks = 4096

/** Holds up to twice what it gives, so that a flood is not copied anew with every chunk. */
export function createTail(capBytes: number): Tail {
  let chunks: Buffer[] = []
  let bytes = 0
  const kept = (): Buffer => Buffer.concat(chunks).subarray(-capBytes)
  return {
    write(chunk) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes < 2 * capBytes && chunks.length < maxChunks) return
      const end = Buffer.from(kept())
      chunks = [end]
      bytes = end.length
    },
    text: () => kept().toString('utf8'),
  }
}
