/** A seeded source of random numbers: the same seed gives the same numbers on every machine. Not for secrets. */
export interface Rng {
  /** Uniform in [0, 1), a multiple of 2^-32. */
  next(): number
  /** Uniform integer, both ends included. */
  int(min: number, max: number): number
  /** One element, uniformly. Throws when the list is empty. */
  pick<T extends object | string | number>(list: readonly T[]): T
  /** A new list in random order. */
  shuffle<T>(list: readonly T[]): T[]
}

/** sfc32 (a chaotic 128-bit generator), its state filled from the seed by splitmix32. */
export function createRng(seed: number): Rng {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be an integer, not ${seed}`)
  const fill = splitmix32(seed)
  let a = fill() | 0
  let b = fill() | 0
  let c = fill() | 0
  let counter = 1
  // the first outputs still show the seed's bits
  for (let round = 0; round < 12; round++) nextUint32()

  // Between calls the state is kept as signed integers, which cost no allocation.
  function nextUint32(): number {
    const result = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + result) | 0
    return result >>> 0
  }

  function next(): number {
    return nextUint32() / 2 ** 32
  }

  function int(min: number, max: number): number {
    return min + Math.floor(next() * (max - min + 1))
  }

  return {
    next,
    int,
    pick<T extends object | string | number>(list: readonly T[]): T {
      const picked = list[int(0, list.length - 1)]
      if (picked === undefined) throw new RangeError('cannot pick from an empty list')
      return picked
    },
    shuffle<T>(list: readonly T[]): T[] {
      const keyed = list.map((element) => ({ element, key: next() }))
      return keyed.sort((a, b) => a.key - b.key).map(({ element }) => element)
    },
  }
}

/** Both halves of the seed count, so that seeds above 2^32 differ from those below. */
function splitmix32(seed: number): () => number {
  let state = ((seed >>> 0) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b9)) >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}
