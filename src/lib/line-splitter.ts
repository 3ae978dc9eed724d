export interface SplitLine {
  /** Without its line end. Of the chunk itself where it lies in one: whoever keeps it copies it. */
  readonly bytes: Buffer
  /** Bytes beyond the longest line that is kept. */
  readonly dropped: number
}

export interface LineSplitter {
  /** Every line that the chunk completes. */
  push(chunk: Uint8Array): readonly SplitLine[]
  /** What came after the last line end. */
  end(): SplitLine | null
}

/** Cuts a stream of bytes into lines, wherever its chunks are cut. Of a line, no more than `maxBytes` are held. */
export function createLineSplitter(maxBytes: number): LineSplitter {
  let held: Buffer[] = []
  let heldBytes = 0
  let dropped = 0

  function hold(piece: Buffer): void {
    const kept = piece.subarray(0, maxBytes - heldBytes)
    // a copy: the chunk may be a buffer that is used again
    if (kept.length > 0) held.push(Buffer.from(kept))
    heldBytes += kept.length
    dropped += piece.length - kept.length
    // many small pieces cost more than what they hold
    if (held.length > 1024) held = [Buffer.concat(held)]
  }

  function take(): SplitLine {
    const line = { bytes: Buffer.concat(held), dropped }
    held = []
    heldBytes = 0
    dropped = 0
    return line
  }

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      const lines: SplitLine[] = []
      let start = 0
      for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
        if (heldBytes === 0 && dropped === 0 && end - start <= maxBytes)
          lines.push({ bytes: bytes.subarray(start, end), dropped: 0 })
        else {
          hold(bytes.subarray(start, end))
          lines.push(take())
        }
        start = end + 1
      }
      if (start < bytes.length) hold(bytes.subarray(start))
      return lines
    },
    end: () => (heldBytes === 0 && dropped === 0 ? null : take()),
  }
}
