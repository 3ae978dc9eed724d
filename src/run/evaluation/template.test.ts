import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Item } from '../../domain/benchmark.ts'
import { writeForcedTemplate } from './template.ts'

const item: Item = { id: '1', messages: [], target: '', fingerprints: [] }
const withTools: Item = {
  ...item,
  tools: [{ type: 'function', function: { name: 'f', description: '', parameters: {} } }],
}

async function model(config: unknown): Promise<AsyncDisposable & { path: string; file: string }> {
  // A path that names another family: nothing is read out of it.
  const path = await mkdtemp(join(tmpdir(), 'ptb-qwen-llama-'))
  await writeFile(join(path, 'config.json'), JSON.stringify(config))
  return {
    path,
    file: join(path, 'evaluation', 'chat_template.jinja'),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

const family = { chatTemplate: 'family', templateDate: '2026-03-05' } as const

it.each([
  ['gemma3', { model_type: 'gemma3' }, [item], 'start_of_turn'],
  ['gemma3 with tools', { model_type: 'gemma3' }, [item, withTools], 'tool_call'],
  ['smollm, with the date of the protocol', { model_type: 'smollm3' }, [item], '05 March 2026'],
])('forces the template of the base model: %s', async (_, config, test, mark) => {
  await using base = await model(config)
  const path = await writeForcedTemplate({
    protocol: family,
    baseModel: base,
    items: { test },
    file: base.file,
  })
  expect(path).toBe(base.file)
  expect(await readFile(base.file, 'utf8')).toContain(mark)
  expect((await stat(base.file)).mode & 0o777).toBe(0o644)
})

it('takes the base model’s own file, or none, where the protocol says so', async () => {
  const options = { baseModel: { path: '/base' }, items: { test: [item] }, file: '/nowhere/x' }
  const forced = (chatTemplate: 'base' | 'own'): Promise<string | null> =>
    writeForcedTemplate({ ...options, protocol: { ...family, chatTemplate } })
  expect(await forced('base')).toBe('/base/chat_template.jinja')
  expect(await forced('own')).toBeNull()
})

it('names the model of no known family and what to do', async () => {
  await using base = await model({ model_type: 'llama' })
  const writing = writeForcedTemplate({
    protocol: family,
    baseModel: { id: 'llama-8b', path: base.path },
    items: { test: [item] },
    file: base.file,
  })
  await expect(writing).rejects.toMatchObject({
    message: 'there is no chat template for the family of the base model "llama-8b"',
    code: 'template/unknown_family',
  })
})
