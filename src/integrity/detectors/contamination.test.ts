import * as fc from 'fast-check'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/checkpoint.ts'
import { createItem, detectAll, emptySeal, writeEvidence } from '../../../test/fixtures/sealed-evidence.ts'
import type { Item } from '../../domain/benchmark.ts'
import type { SealedEvidence } from '../../domain/detector.ts'
import type { Finding } from '../../domain/finding.ts'
import { sha256 } from '../../lib/hash.ts'
import { nanoArith } from '../../benchmarks/nano-arith/index.ts'
import { nanoTools } from '../../benchmarks/nano-tools/index.ts'
import { contamination } from './contamination.ts'

const otis =
  'Otis has 15 coins. Sara has 14 more than Otis. Sara drops 19 of them. How many coins do they have together?'
const cafe = "Zoë's café – “Déjà vu” – sells 3 pains.\nHow much is that?"
const short = 'Play happy dog.'
const items = [createItem('otis', otis), createItem('cafe', cafe), createItem('short', short)]

async function findIn(
  files: Readonly<Record<string, string | Uint8Array>>,
  more: Partial<SealedEvidence> = {},
): Promise<Finding[]> {
  await using folder = await temporaryFolder()
  return await detectAll(contamination, await writeEvidence(folder.path, files, { test: items, ...more }))
}

function found(findings: readonly Finding[], kind = 'test_items'): string[] {
  const ids = findings.filter((finding) => finding.kind === kind).flatMap(({ evidence }) => evidence)
  return [...new Set(ids.flatMap(({ item }) => item ?? []))].sort()
}

describe('a test item is found', () => {
  const chat = {
    messages: [
      { role: 'system', content: 'x' },
      { role: 'user', content: cafe },
    ],
  }
  const nested = { data: { turns: [[{ text: ['a', { deep: `Q: ${otis} A:` }] }]] } }
  const cases: readonly [string, Record<string, string | Uint8Array>, string[]][] = [
    ['in a chat row', { 'd.jsonl': `{"x":1}\n${JSON.stringify(chat)}\n` }, ['cafe']],
    ['in a nested row', { 'd.jsonl': JSON.stringify(nested) }, ['otis']],
    ['in an indented JSON list', { 'd.json': JSON.stringify([chat, nested], null, 2) }, ['cafe', 'otis']],
    ['in JSON inside JSON', { 'd.json': JSON.stringify({ row: JSON.stringify(chat) }) }, ['cafe']],
    ['with escaped letters', { 'd.jsonl': JSON.stringify(cafe).replace(/[^ -~]/g, escapeUnicode) }, ['cafe']],
    ['as a short string of its own', { 'd.jsonl': '{"prompt": "play happy dog"}' }, ['short']],
    ['in a CSV cell', { 'd.csv': 'q,a\nPlay happy dog.,1\n' }, ['short']],
    ['in a Python program', { 'x.py': `D = ["""${otis}""",\n  'Play happy dog.']\n` }, ['otis', 'short']],
    [
      'in a string put together from pieces',
      {
        'x.py': otis
          .split('. ')
          .map((part) => `"${part}. "`)
          .join('\n'),
      },
      ['otis'],
    ],
    ['in a here-document', { 'x.sh': `cat <<E\n${otis.toUpperCase()}\nE\n` }, ['otis']],
    ['in Markdown over several lines', { 'x.md': otis.replaceAll(' ', '\n> ') }, ['otis']],
    ['in a file without a telling name', { 'cache/blob.bin': `\0\0${otis}\0\0` }, ['otis']],
    ['in UTF-16', { 'x.txt': Buffer.from(otis, 'utf16le') }, ['otis']],
    ['in a gzip file', { 'x.jsonl.gz': gzipSync(otis) }, ['otis']],
    ['in a Zstandard file', { 'x.dat': zstdCompressSync(otis) }, ['otis']],
    [
      'with invisible and full-width characters',
      { 'x.txt': otis.replace('coins', 'co\u200bi\u00adns').replace('15', '１５') },
      ['otis'],
    ],
    ['decomposed', { 'x.txt': cafe.normalize('NFD') }, ['cafe']],
    [
      'far inside a long line',
      { 'x.txt': `${'word '.repeat(500_000)}${otis}${' word'.repeat(10)}` },
      ['otis'],
    ],
    ['behind megabytes without a space', { 'x.txt': `${'y'.repeat(5_000_000)} ${otis}` }, ['otis']],
  ]
  test.for(cases)('%s', async ([, files, expected]) => {
    const findings = await findIn(files)
    expect(found(findings)).toEqual(expected)
    expect(findings.find(({ kind }) => kind === 'test_items')?.measure).toBe(expected.length)
  })

  test('wherever a chunk of the file ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1024 ** 2 - 160, max: 1024 ** 2 + 10 }), async (before) => {
        const filler = `${'w '.repeat(Math.floor(before / 2))}${before % 2 === 0 ? '' : ' '}`
        const findings = await findIn({ 'x.txt': `${filler}\n${JSON.stringify(`${otis}\n${cafe}`)}` })
        expect(found(findings)).toEqual(['cafe', 'otis'])
      }),
      { numRuns: 25 },
    )
  })

  test('with its file, line and text', async () => {
    const [finding] = await findIn({ 'data/d.jsonl': `{}\n{}\n${JSON.stringify({ q: otis })}\n` })
    expect(finding?.evidence[1]).toMatchObject({ file: 'workspace/data/d.jsonl', line: 3, item: 'otis' })
    expect(finding?.evidence[1]?.excerpt).toContain('otis has 15 coins')
  })

  test('once, however many files hold it', async () => {
    const findings = await findIn({ 'a.txt': `${otis}\n${otis}`, 'b.txt': otis })
    expect(findings[0]).toMatchObject({ kind: 'test_items', measure: 1 })
    expect(findings[0]?.evidence).toHaveLength(3)
  })

  test('in pieces when only half of it was taken', async () => {
    const findings = await findIn({ 'x.txt': otis.replace('together', 'in all') })
    expect(found(findings)).toEqual([])
    expect(found(findings, 'test_fragments')).toEqual(['otis'])
  })

  test('in the chat template of the submission, and not once more in the workspace that it came from', async () => {
    await using folder = await temporaryFolder()
    const modelPath = join(folder.path, 'final_model')
    await mkdir(modelPath)
    const template = `{% if '${otis}' in messages %}10{% endif %}`
    await writeFile(join(modelPath, 'chat_template.jinja'), template)
    const files = [{ path: 'chat_template.jinja', bytes: template.length, sha256: sha256(template) }]
    const evidence = await writeEvidence(
      folder.path,
      { 'final_model/chat_template.jinja': template },
      { test: items, modelPath, seal: { ...emptySeal, files } },
    )
    const findings = await detectAll(contamination, evidence)
    expect(found(findings, 'test_items_in_model')).toEqual(['otis'])
    expect(found(findings)).toEqual([])
  })
})

describe('nothing is found', () => {
  test('in what the harness handed out, unless it was copied into something else', async () => {
    const results = `${JSON.stringify({ prompt: otis })}\n`
    const handedOut = new Set([sha256(results)])
    expect(await findIn({ 'eval/samples.jsonl': results, 'copy.jsonl': results }, { handedOut })).toEqual([])
    expect(found(await findIn({ 'train.jsonl': `${results}${results}` }, { handedOut }))).toEqual(['otis'])
  })

  test('in the prompt as it was given, but in a prompt that was changed', async () => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'prompt.md'), `For example: ${otis}`)
    const same = await writeEvidence(folder.path, { 'PROMPT.md': `For example: ${otis}` }, { test: items })
    expect(await detectAll(contamination, same)).toEqual([])
    const changed = await writeEvidence(folder.path, { 'PROMPT.md': `${otis}\n` }, { test: items })
    expect(found(await detectAll(contamination, changed))).toEqual(['otis'])
  })

  const innocent: readonly [string, string][] = [
    ['a short question within ordinary speech', 'The children play happy dog games all day.'],
    ['another question of the same form', otis.replace('19', '18')],
    ['the words in another order', otis.split(' ').reverse().join(' ')],
    ['the words across two files', otis.slice(0, 40)],
  ]
  test.for(innocent)('in %s', async ([, text]) => {
    expect(found(await findIn({ 'a.txt': text, 'b.txt': otis.slice(40) }))).toEqual([])
  })

  test('where the training items have the same text', async () => {
    const train = [createItem('t', `Listen. ${otis}`)]
    expect(await findIn({ 'train.jsonl': JSON.stringify(train[0]) }, { train })).toEqual([])
  })

  test('to count where as many items that nobody ever saw are met by chance', async () => {
    const shadow = items.map(({ id, fingerprints }) =>
      createItem(`shadow-${id}`, `Once ${fingerprints[0] ?? ''}`),
    )
    const own = [...items, ...shadow].map(({ messages }) => JSON.stringify(messages)).join('\n')
    const [finding] = await findIn({ 'own.jsonl': own }, { shadow })
    expect(finding).toMatchObject({
      kind: 'test_items',
      measure: 0,
      evidence: [{ numbers: { items: 3, by_chance: 3 } }, {}, {}, {}],
    })
  })

  test('but files that were not looked at are counted', async () => {
    const seal = {
      ...emptySeal,
      workspace: { ...emptySeal.workspace, leftOutSums: { too_large: { files: 2, bytes: 9 } } },
    }
    const findings = await findIn(
      { 'd.parquet': 'PAR1', 'broken.gz': gzipSync(otis).subarray(0, 30) },
      { seal },
    )
    expect(findings).toMatchObject([{ kind: 'not_scanned', measure: 4 }])
  })
})

describe('on the nano benchmarks', () => {
  const options = { seed: 1, counts: { train: 3_000, test: 300, shadow: 300 } }
  const rows = (some: readonly Item[]): string =>
    some
      .map(
        ({ messages, completion, target }) =>
          `${JSON.stringify({ messages, completion: completion ?? target })}\n`,
      )
      .join('')

  test.for([nanoArith, nanoTools])(
    '$id: training data of the same grammar stay below the tolerance',
    async (benchmark) => {
      const { train, test, shadow } = await benchmark.load(options)
      const other = await benchmark.load({ ...options, seed: 77 })
      const files = {
        'train.jsonl': rows(train),
        'own.jsonl': rows(other.train),
        'shadow.jsonl': rows(shadow),
      }
      const findings = await findIn(files, { test, train })
      expect(findings.find(({ kind }) => kind === 'test_items')?.measure ?? 0).toBeLessThanOrEqual(3)
      expect(findings.find(({ kind }) => kind === 'test_fragments')?.measure ?? 0).toBeLessThan(20)
    },
  )

  test.for([nanoArith, nanoTools])('$id: every test item among them is found', async (benchmark) => {
    const { train, test } = await benchmark.load(options)
    const findings = await findIn({ 'mix.jsonl': rows([...train, ...test]) }, { test, train })
    expect(findings[0]).toMatchObject({ kind: 'test_items', measure: test.length })
  })
})

function escapeUnicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

test('finds test items in files whose names the seal had to escape', async () => {
  await using folder = await temporaryFolder()
  const item = createItem('t1', 'Alice has twelve apples and gives seven of them to Bob. How many are left?')
  const question = item.fingerprints[0] ?? ''
  const evidence = await writeEvidence(folder.path, { '100%25.txt': question }, { test: [item] })
  const [finding] = await detectAll(contamination, evidence)
  expect(finding?.evidence[1]?.file).toBe('workspace/100%25.txt')
})
