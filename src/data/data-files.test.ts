import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readCatalog } from '../run/catalog.ts'
import { createDataFiles, type DataFolders } from './data-files.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-data-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const { datasets } = await readCatalog()

function files(folders: Partial<DataFolders> = {}) {
  return createDataFiles({
    datasets: () => Promise.resolve(datasets),
    folders: { own: null, cache: join(folder, 'cache'), ...folders },
  })
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), content)
}

const heldOut = '{"problem":"1+1?","answer":2}\n'

describe('data files', () => {
  it('come from the operator’s folder first, then from the cache', async () => {
    await write('cache/aime2026/test.jsonl', heldOut.replace('1+1', 'cached'))
    expect(await files().rows('aime2026')).toEqual([{ problem: 'cached?', answer: 2 }])
    await write('own/aime2026/test.jsonl', heldOut)
    expect(await files({ own: join(folder, 'own') }).rows('aime2026')).toEqual([
      { problem: '1+1?', answer: 2 },
    ])
  })

  it('that are missing say how to get them', async () => {
    await expect(files().rows('gsm8k-test')).rejects.toMatchObject({
      code: 'data/missing',
      remedy: 'ptb cache download gsm8k-test',
    })
    await expect(files().path('gpqa-main')).rejects.toMatchObject({
      remedy: expect.stringContaining('gated'),
    })
    await expect(files().path('aime2026')).rejects.toMatchObject({
      remedy: expect.stringContaining('PTB_DATA'),
    })
    expect(await files().has('aime2026')).toBe(false)
  })

  it('with another hash than the catalogue’s are refused, also by path', async () => {
    await write('cache/gsm8k/test.jsonl', '{"question":"q","answer":"a"}\n')
    await expect(files().path('gsm8k-test')).rejects.toMatchObject({ code: 'data/changed' })
    await expect(files().rows('gsm8k-test')).rejects.toMatchObject({ code: 'data/changed' })
  })

  it('of an unknown name propose a known one', async () => {
    await expect(files().rows('gsm8k-tets')).rejects.toMatchObject({ remedy: 'Did you mean "gsm8k-test"?' })
  })

  it('are not looked for in the cache alone when the named folder is not there', async () => {
    await expect(files({ own: join(folder, 'gone') }).has('aime2026')).rejects.toMatchObject({
      code: 'data/no_folder',
    })
  })

  const shared = join(process.env['PTB_SHARED'] ?? join(import.meta.dirname, '../../../shared'), 'data')
  it
    .runIf(existsSync(shared))
    .each(
      datasets
        .filter(({ files: [first] }) => existsSync(join(shared, first?.path ?? '')))
        .map(({ id, rows }) => [id, rows.count]),
    )('published %s is what the catalogue says', async (id, count) => {
    expect(await files({ own: shared }).rows(id)).toHaveLength(count ?? 0)
  })

  it.runIf(existsSync(shared))('with one changed character are refused', async () => {
    await cp(join(shared, 'bfcl_exec_simple'), join(folder, 'own/bfcl_exec_simple'), { recursive: true })
    const path = join(folder, 'own/bfcl_exec_simple/BFCL_v3_exec_simple.json')
    expect(await files({ own: join(folder, 'own') }).rows('bfcl-exec-simple')).toHaveLength(100)
    await rm(path)
    await writeFile(path, '{"id":"x","question":[],"function":[],"ground_truth":[]}\n'.repeat(100))
    await expect(files({ own: join(folder, 'own') }).rows('bfcl-exec-simple')).rejects.toMatchObject({
      code: 'data/changed',
    })
  })
})
