import { createRng, type Rng } from '../../lib/rng.ts'

const texts = 200
const longest = 100_000
const repeated = 2000

const pieces = [
  'ANSWER:', '####', '\\boxed{', '}', '{', '[', ']', '"', '\\', '\n', '\0', '\u001b[31m', '\ud800', '\u202e', '∞',
  '-', '.', ',', '0', '9007199254740993', '1e999', 'NaN', 'null', 'undefined', '__proto__', '<tool_call>', '(((((', '%',
  '$&', 'é', '数', '🙂',
] // prettier-ignore

/** What a broken or hostile model might write, the same at every call: around right answers, and far from them. */
export function* fuzzedTexts(seeds: readonly string[]): Iterable<string> {
  const rng = createRng(1)
  for (const piece of pieces) yield piece.repeat(repeated)
  yield '('.repeat(longest)
  for (let count = 0; count < texts; count++) {
    const parts = Array.from({ length: rng.int(1, 12) }, () => draw(rng, seeds))
    yield parts.join(rng.pick(['', ' ', '\n']))
  }
}

function draw(rng: Rng, seeds: readonly string[]): string {
  if (seeds.length > 0 && rng.next() < 0.3) {
    const seed = rng.pick(seeds)
    const from = rng.int(0, seed.length)
    return seed.slice(from, rng.int(from, seed.length))
  }
  if (rng.next() < 0.5) return rng.pick(pieces)
  return String.fromCharCode(...Array.from({ length: rng.int(1, 8) }, () => rng.int(0, 0xffff)))
}
