import type { Rng } from '../../src/lib/rng.ts'

/** Numbers and bytes at which readers go wrong. */
const telling = [
  '0',
  '-1',
  '1e999',
  '9007199254740993',
  '"',
  '\\',
  '{',
  '[',
  ']',
  '}',
  '\n',
  '\u0000',
  '\ud800',
  '../',
]

/** A damaged copy: bytes changed, cut, doubled, put in, or parts of two inputs together. */
export function mutate(seeds: readonly Uint8Array[], rng: Rng): Buffer {
  let bytes: Buffer = Buffer.from(rng.pick(seeds))
  for (let round = rng.int(1, 6); round > 0; round--) bytes = change(bytes, seeds, rng)
  return bytes
}

function change(bytes: Buffer, seeds: readonly Uint8Array[], rng: Rng): Buffer {
  const at = rng.int(0, bytes.length)
  const to = Math.min(bytes.length, at + rng.int(0, 12))
  const put = (middle: Uint8Array): Buffer =>
    Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(to)])
  switch (rng.int(0, 6)) {
    case 0:
      return put(Buffer.from([rng.int(0, 255)]))
    case 1:
      return put(new Uint8Array(0))
    case 2:
      return put(Buffer.from(rng.pick(telling)))
    case 3:
      return put(Buffer.from(Array.from({ length: rng.int(1, 40) }, () => rng.int(0, 255))))
    case 4:
      return put(Buffer.concat(Array.from({ length: rng.int(2, 60) }, () => bytes.subarray(at, to))))
    case 5:
      return bytes.subarray(0, at)
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(rng.pick(seeds)).subarray(at)])
  }
}
