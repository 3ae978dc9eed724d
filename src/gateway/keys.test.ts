import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readKey } from './keys.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-keys-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const key = 'sk-0123456789'

async function write(name: string, content: string, mode: number): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  await chmod(path, mode)
  return path
}

it('is read from the environment, a private file, or what a command prints', async () => {
  expect(await readKey({ environment: 'KEY' }, { env: { KEY: `${key}\n` } })).toBe(key)
  const file = await write('key', `${key}\n`, 0o600)
  expect(await readKey({ file })).toBe(key)
  await symlink(file, join(folder, 'link'))
  expect(await readKey({ file: join(folder, 'link') })).toBe(key)
  expect(await readKey({ command: ['cat', file] })).toBe(key)
})

it('is not taken from where others can read it', async () => {
  const file = await write('key', key, 0o640)
  await expect(readKey({ file })).rejects.toMatchObject({
    code: 'gateway/bad_key',
    remedy: `chmod 600 ${file}`,
  })
  await expect(readKey({ file: folder })).rejects.toThrow('is no file')
  await expect(readKey({ file: join(folder, 'none') })).rejects.toThrow('cannot be read')
})

it('is shown by no error', async () => {
  const file = await write('key', 'sk-secret words', 0o600)
  const loud = ['sh', '-c', 'echo sk-secret; echo sk-secret >&2; exit 3']
  const slow = ['sh', '-c', 'echo sk-secret; sleep 60']
  const sources = [{ file }, { command: ['cat', file] }, { command: loud }, { command: slow }]
  for (const source of sources) {
    const error: unknown = await readKey(source, { timeoutMs: 300 }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'gateway/bad_key' })
    expect(String(error)).not.toContain('sk-secret')
  }
})

it('is missing where there is none', async () => {
  await expect(readKey({ environment: 'KEY' }, { env: {} })).rejects.toThrow('KEY is not set')
  await expect(readKey({ command: ['true'] })).rejects.toThrow('holds no key')
})
