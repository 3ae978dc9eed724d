import { isDeepStrictEqual } from 'node:util'
import type {
  Benchmark,
  BenchmarkItems,
  Item,
  ItemCounts,
  LoadOptions,
  Score,
} from '../../domain/benchmark.ts'
import { createScoringTools } from '../../run/evaluation/scoring-tools.ts'
import { wordsOf } from '../../lib/words.ts'
import { checkRule, type CheckResult } from './check-result.ts'
import { fuzzedTexts } from './fuzzed-texts.ts'

const nonsense = ['', ' \n\t ', 'zqv xjkw vvq']
/** Items of each set whose scorer meets fuzzed texts. */
const fuzzedItems = 3

/** What every benchmark must keep, beyond its types. What needs a judge or runs programs is not asked to score. */
export async function checkBenchmark(benchmark: Benchmark, draw: LoadOptions): Promise<CheckResult[]> {
  let loaded: BenchmarkItems | null = null
  const load = await checkRule('loads, and gives the same items twice', async () => {
    const items = await benchmark.load(draw)
    const again = await benchmark.load(draw)
    loaded = items
    return isDeepStrictEqual(items, again) ? null : 'the second load gave other items'
  })
  if (loaded === null) return [load]
  const items: BenchmarkItems = loaded
  const all = [...items.test, ...items.shadow, ...items.train]
  return [
    load,
    await checkRule('gives test items, and of no set more than asked', () => checkCounts(items, draw.counts)),
    await checkRule('items are plain data that end with a question', () =>
      firstProblem(all, (item) =>
        !isDeepStrictEqual(JSON.parse(JSON.stringify(item)), item)
          ? 'is not the same after JSON'
          : item.messages.at(-1)?.role === 'user'
            ? null
            : "has no user's message at the end",
      ),
    ),
    await checkRule('ids are distinct', () => {
      const seen = new Set<string>()
      return firstProblem(all, ({ id }) => {
        const twice = seen.has(id)
        seen.add(id)
        return twice ? 'has the id of an item before it' : null
      })
    }),
    await checkRule('fingerprints are found in what the item says', () =>
      firstProblem(all, checkFingerprints),
    ),
    await checkRule('test, shadow and train share no fingerprint', () => checkOverlap(items)),
    ...(benchmark.needs === undefined ? await checkScores(benchmark, draw, items) : []),
    ...(benchmark.probe === undefined
      ? []
      : [
          await checkRule('cut items keep id and target, and ask something else', () =>
            firstProblem([...items.test, ...items.shadow], (item) => checkCut(benchmark, item)),
          ),
        ]),
  ]
}

async function checkScores(
  benchmark: Benchmark,
  { rules }: LoadOptions,
  items: BenchmarkItems,
): Promise<CheckResult[]> {
  const all = [...items.test, ...items.shadow, ...items.train]
  const tools = createScoringTools({ rules, signal: new AbortController().signal })
  const score: ScoreText = async (item, text) => await benchmark.score(item, { text }, tools)
  return [
    await checkRule('a right answer scores 1', () =>
      firstProblem(all, async (item) => {
        const text = item.completion ?? item.target
        const { value } = await score(item, text)
        return value === 1 ? null : `gets ${value} for ${quote(text)}, its own ${answerName(item)}`
      }),
    ),
    await checkRule('nonsense scores 0', () =>
      firstProblem(all, async (item) => {
        for (const text of nonsense)
          if ((await score(item, text)).value !== 0) return `gets a score for ${quote(text)}`
        return null
      }),
    ),
    await checkRule('score never throws, and always gives 0 to 1 and the same', () =>
      firstProblem(
        [items.test, items.shadow, items.train].flatMap((set) => set.slice(0, fuzzedItems)),
        (item) => checkFuzzed(score, item),
      ),
    ),
  ]
}

type ScoreText = (item: Item, text: string) => Promise<Score>

function checkCounts(items: BenchmarkItems, counts: ItemCounts): string | null {
  if (items.test.length === 0) return 'there are no test items'
  const over = (['train', 'test', 'shadow'] as const).find((set) => items[set].length > counts[set])
  return over === undefined
    ? null
    : `${items[over].length} ${over} items where ${counts[over]} were asked for`
}

function checkFingerprints(item: Item): string | null {
  if (item.fingerprints.length === 0) return 'has no fingerprint'
  const asked = key(item.messages.map(({ content }) => content).join('\n'))
  const known = [asked, key(item.target), key(item.completion ?? '')]
  const empty = item.fingerprints.find((text) => key(text).trim() === '')
  if (empty !== undefined) return `has a fingerprint without a word: ${quote(empty)}`
  const strange = item.fingerprints.find((text) => !known.some((part) => part.includes(key(text))))
  if (strange !== undefined) return `does not hold its fingerprint ${quote(strange)}`
  return item.fingerprints.some((text) => asked.includes(key(text)))
    ? null
    : 'has no fingerprint in its question'
}

function checkOverlap(items: BenchmarkItems): string | null {
  const owners = new Map<string, { set: string; id: string }>()
  for (const set of ['test', 'shadow', 'train'] as const)
    for (const { id, fingerprints } of items[set])
      for (const text of fingerprints) {
        const owner = owners.get(key(text))
        if (owner !== undefined && owner.set !== set)
          return `${quote(text)} is in ${owner.set} ("${owner.id}") and in ${set} ("${id}")`
        owners.set(key(text), { set, id })
      }
  return null
}

/** The words with a space around each, so that only whole words match. */
function key(text: string): string {
  return ` ${wordsOf(text).join(' ')} `
}

async function checkFuzzed(scoreText: ScoreText, item: Item): Promise<string | null> {
  for (const text of fuzzedTexts([item.completion ?? item.target, item.target])) {
    try {
      const score = await scoreText(item, text)
      if (!(score.value >= 0 && score.value <= 1)) return `gets ${score.value} for ${quote(text)}`
      if (score.answer !== null && typeof score.answer !== 'string')
        return `gets an answer that is neither a text nor null for ${quote(text)}`
      if (!isDeepStrictEqual(score, await scoreText(item, text)))
        return `gets two different scores for ${quote(text)}`
    } catch (error) {
      return `makes it throw ${String(error)} for ${quote(text)}`
    }
  }
  return null
}

function checkCut({ probe }: Benchmark, item: Item): string | null {
  const cut = probe?.cut(item) ?? null
  if (cut === null) return null
  if (cut.id !== item.id || cut.target !== item.target) return 'loses its id or target when it is cut'
  const same = isDeepStrictEqual([cut.messages, cut.tools], [item.messages, item.tools])
  return same ? 'asks the same when it is cut' : null
}

async function firstProblem(
  items: readonly Item[],
  check: (item: Item) => string | null | Promise<string | null>,
): Promise<string | null> {
  let first: string | null = null
  let count = 0
  for (const item of items) {
    const problem = await check(item)
    if (problem === null) continue
    first ??= `item "${item.id}" ${problem}`
    count++
  }
  return first === null || count === 1 ? first : `${first}; and ${count - 1} more`
}

function answerName({ completion }: Item): string {
  return completion === undefined ? 'target (it has no completion)' : 'completion'
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text)
}
