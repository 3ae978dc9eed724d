import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHub } from './hub.ts'
import { readHubToken } from './hub-token.ts'

let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ptb-token-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

async function write(name: string, content: string, mode: number): Promise<string> {
  const path = join(home, name)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, content)
  await chmod(path, mode)
  return path
}

describe('the token for the hub', () => {
  it('is the file that was named, then HF_TOKEN, then HF_TOKEN_PATH, then where the hub’s tools leave it', async () => {
    const env: Record<string, string> = { HOME: home }
    expect(readHubToken({ env })).toBeNull()
    await write('.cache/huggingface/token', 'hf_usual-place\n', 0o644)
    expect(readHubToken({ env })).toBe('hf_usual-place')
    env['HF_TOKEN_PATH'] = await write('named', 'hf_named-place', 0o600)
    expect(readHubToken({ env })).toBe('hf_named-place')
    env['HF_TOKEN'] = 'hf_environment'
    expect(readHubToken({ env })).toBe('hf_environment')
    expect(readHubToken({ env, file: await write('flag', 'hf_flag-place', 0o400) })).toBe('hf_flag-place')
  })

  it('is not taken from a file that others can read', async () => {
    const file = await write('loose', 'hf_loose-secret', 0o644)
    expect(() => readHubToken({ file })).toThrow('other users of this machine')
    expect(() => readHubToken({ file: join(home, 'gone') })).toThrow('there is no file')
  })

  it('is not repeated when it is none', async () => {
    const file = await write('two', 'hf_first\nhf_second', 0o600)
    expect(() => readHubToken({ file })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hf_') }),
    )
  })
})

describe('an endpoint', () => {
  it.each([
    'ftp://mirror',
    'mirror.example',
    'https://user:password@mirror.example',
    'https://mirror.example/?key=1',
  ])('is refused, and not repeated: %s', (endpoint) => {
    expect(() => createHub({ endpoint, token: null })).toThrow('no plain http(s) address')
    expect(() => createHub({ endpoint, token: null })).not.toThrow(endpoint)
  })
})
