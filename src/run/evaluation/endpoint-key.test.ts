import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readEndpointKey } from './endpoint-key.ts'

async function keyFile(content: string, mode: number): Promise<AsyncDisposable & { file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-key-'))
  const file = join(folder, 'key')
  await writeFile(file, content)
  await chmod(file, mode)
  return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

it('reads a private file before any variable', async () => {
  await using at = await keyFile('from-file\n', 0o600)
  expect(readEndpointKey({ file: at.file, env: { ENDPOINT_API_KEY: 'x' } })).toBe('from-file')
})

it('refuses a file that others can read, and never shows what is in it', async () => {
  await using open = await keyFile('hunter2', 0o644)
  expect(() => readEndpointKey({ file: open.file })).toThrow('other users of this machine can read the key')
  await using odd = await keyFile('hunter2 and\nmore', 0o600)
  expect(() => readEndpointKey({ file: odd.file })).toThrow('is no key')
  expect(() => readEndpointKey({ file: odd.file })).not.toThrow('hunter2')
  expect(() => readEndpointKey({ file: join(open.file, 'x') })).toThrow('there is no file')
})

it('reads the variable that was named, and needs it then', () => {
  expect(readEndpointKey({ variable: 'MINE', env: { MINE: 'k' } })).toBe('k')
  expect(() => readEndpointKey({ variable: 'MINE', env: {} })).toThrow('the variable MINE is not set')
  expect(readEndpointKey({ env: {} })).toBeNull()
  expect(readEndpointKey({ env: { ENDPOINT_API_KEY: ' k ' } })).toBe('k')
})
