/** Python's `random.Random(seed)`: MT19937, seeded through `init_by_array`. */
export interface PythonRandom {
  /** `getrandbits(bits)`, at most 32 of them. */
  bits(count: number): number
  /** `random()`: 53 bits in [0, 1). */
  next(): number
  /** `randrange(limit)` for a limit up to 2^32 - 1. */
  below(limit: number): number
  /** A new list in the order that `shuffle` would give. */
  shuffle<T>(list: readonly T[]): T[]
}

const size = 624
const middle = 397

export function createPythonRandom(seed: number): PythonRandom {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be an integer, not ${seed}`)
  const state = seedState(seed)
  let index = size

  function next32(): number {
    if (index === size) {
      twist(state)
      index = 0
    }
    let y = state[index++] ?? 0
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    return (y ^ (y >>> 18)) >>> 0
  }

  function bits(count: number): number {
    return next32() >>> (32 - count)
  }

  function next(): number {
    const high = next32() >>> 5
    const low = next32() >>> 6
    return (high * 2 ** 26 + low) / 2 ** 53
  }

  function below(limit: number): number {
    const count = 32 - Math.clz32(limit)
    for (;;) {
      const draw = bits(count)
      if (draw < limit) return draw
    }
  }

  function shuffle<T>(list: readonly T[]): T[] {
    // indices, so that swapping needs no proof of the elements' existence
    const order = [...list.keys()]
    for (let i = order.length - 1; i > 0; i--) {
      const j = below(i + 1)
      const held = order[i] ?? 0
      order[i] = order[j] ?? 0
      order[j] = held
    }
    return order.flatMap((from) => list.slice(from, from + 1))
  }

  return { bits, next, below, shuffle }
}

/** The absolute value in 32-bit words, lowest first, is the key. */
function seedState(seed: number): Uint32Array {
  const magnitude = BigInt(Math.abs(seed))
  const key = [Number(magnitude & 0xffffffffn)]
  if (magnitude >> 32n > 0n) key.push(Number(magnitude >> 32n))
  const state = new Uint32Array(size)
  state[0] = 19650218
  for (let i = 1; i < size; i++) state[i] = Math.imul(1812433253, mixed(state, i - 1)) + i
  let i = 1
  let j = 0
  for (let round = 0; round < size; round++) {
    state[i] = (state[i] ?? 0) ^ Math.imul(mixed(state, i - 1), 1664525)
    state[i] = (state[i] ?? 0) + (key[j] ?? 0) + j
    j = (j + 1) % key.length
    i = advance(state, i)
  }
  for (let round = 0; round < size - 1; round++) {
    state[i] = (state[i] ?? 0) ^ Math.imul(mixed(state, i - 1), 1566083941)
    state[i] = (state[i] ?? 0) - i
    i = advance(state, i)
  }
  state[0] = 0x80000000
  return state
}

function mixed(state: Uint32Array, index: number): number {
  const word = state[index] ?? 0
  return word ^ (word >>> 30)
}

function advance(state: Uint32Array, index: number): number {
  if (index + 1 < size) return index + 1
  state[0] = state[size - 1] ?? 0
  return 1
}

function twist(state: Uint32Array): void {
  for (let i = 0; i < size; i++) {
    const y = ((state[i] ?? 0) & 0x80000000) | ((state[(i + 1) % size] ?? 0) & 0x7fffffff)
    state[i] = (state[(i + middle) % size] ?? 0) ^ (y >>> 1) ^ ((y & 1) === 1 ? 0x9908b0df : 0)
  }
}
