/** numpy's `default_rng(seed)`: PCG64 seeded through `SeedSequence`. */
export interface NumpyGenerator {
  /** The bit generator's raw 64 bits. */
  raw64(): bigint
  /** `integers(0, high)`; one draw. 32 bits are taken per draw, the low half first, and the other half is kept. */
  below(high: number): number
  /** `choice(range(length), count, replace=True)`. */
  choose(length: number, count: number): number[]
  /** `permutation(length)`. */
  permutation(length: number): number[]
}

const mask64 = (1n << 64n) - 1n
const mask128 = (1n << 128n) - 1n
const multiplier = 0x2360ed051fc65da44385df649fccf645n

export function createNumpyGenerator(seed: number): NumpyGenerator {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`seed must be an integer from 0 on, not ${seed}`)
  const [high = 0n, low = 0n, sequenceHigh = 0n, sequenceLow = 0n] = seedWords(BigInt(seed))
  const increment = (((sequenceHigh << 64n) | sequenceLow) * 2n + 1n) & mask128
  let state = increment
  state = step((state + ((high << 64n) | low)) & mask128)
  let kept: number | null = null

  function step(from: bigint): bigint {
    return (from * multiplier + increment) & mask128
  }

  function raw64(): bigint {
    state = step(state)
    const value = (state >> 64n) ^ (state & mask64)
    const rotation = state >> 122n
    return ((value >> rotation) | (value << (64n - rotation))) & mask64
  }

  function next32(): number {
    if (kept !== null) {
      const value = kept
      kept = null
      return value
    }
    const raw = raw64()
    kept = Number(raw >> 32n)
    return Number(raw & 0xffffffffn)
  }

  /** Lemire's bounded draw; a range of one value draws nothing. */
  function below(limit: number): number {
    if (limit <= 1) return 0
    const threshold = (2 ** 32 - limit) % limit
    for (;;) {
      const product = BigInt(next32()) * BigInt(limit)
      if (Number(product & 0xffffffffn) >= threshold) return Number(product >> 32n)
    }
  }

  /** What shuffling draws with: the low bits, again while they exceed the maximum. */
  function upTo(maximum: number): number {
    const mask = 0xffffffff >>> Math.clz32(maximum)
    for (;;) {
      const draw = (next32() & mask) >>> 0
      if (draw <= maximum) return draw
    }
  }

  function choose(length: number, count: number): number[] {
    return Array.from({ length: count }, () => below(length))
  }

  function permutation(length: number): number[] {
    const order = Array.from({ length }, (_, index) => index)
    for (let i = length - 1; i > 0; i--) {
      const j = upTo(i)
      const held = order[i] ?? 0
      order[i] = order[j] ?? 0
      order[j] = held
    }
    return order
  }

  return { raw64, below, choose, permutation }
}

/** `SeedSequence(seed).generate_state(4, uint64)`: a pool of four words, each mixed into every other. */
function seedWords(seed: bigint): bigint[] {
  const entropy = [Number(seed & 0xffffffffn), Number(seed >> 32n)]
  const hash = createHash(0x43b0d7e5, 0x931e8875)
  const pool = Array.from({ length: 4 }, (_, index) => hash(entropy[index] ?? 0))
  for (let source = 0; source < 4; source++)
    for (let target = 0; target < 4; target++)
      if (source !== target) pool[target] = mix(pool[target] ?? 0, hash(pool[source] ?? 0))
  const output = createHash(0x8b51f9dd, 0x58f38ded)
  const words = Array.from({ length: 8 }, (_, index) => BigInt(output(pool[index % 4] ?? 0)))
  return [0, 2, 4, 6].map((index) => (words[index] ?? 0n) | ((words[index + 1] ?? 0n) << 32n))
}

function createHash(start: number, factor: number): (value: number) => number {
  let constant = start
  return (value) => {
    const keyed = value ^ constant
    constant = Math.imul(constant, factor)
    const product = Math.imul(keyed, constant)
    return (product ^ (product >>> 16)) >>> 0
  }
}

function mix(x: number, y: number): number {
  const result = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) | 0
  return (result ^ (result >>> 16)) >>> 0
}
