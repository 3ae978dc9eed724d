import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readJudgeAccess } from './judge-access.ts'

const openai = 'https://api.openai.com'
it.each([
  [{}, null],
  [{ OPENAI_API_KEY: '' }, null],
  [{ OPENAI_API_KEY: 'k1' }, { url: openai, headers: { authorization: 'Bearer k1' } }],
  [{ PTB_JUDGE_URL: 'http://here:1/v1/' }, { url: 'http://here:1', headers: {} }],
  [
    { PTB_JUDGE_URL: 'http://here:1', JUDGE_API_KEY: 'k2', OPENAI_API_KEY: 'k1' },
    { url: 'http://here:1', headers: { authorization: 'Bearer k2' } },
  ],
  [
    { PTB_JUDGE_URL: 'http://here:1', OPENAI_API_KEY: 'k1' },
    { url: 'http://here:1', headers: {} },
  ],
])('with %j', async (env, connection) => {
  expect((await readJudgeAccess(env))?.connection ?? null).toEqual(connection)
})

it('takes the key from a private file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-key-'))
  const file = join(folder, 'key')
  await writeFile(file, 'k3\n', { mode: 0o600 })
  const env = { PTB_JUDGE_KEY_FILE: file, OPENAI_API_KEY: 'k1' }
  expect((await readJudgeAccess(env))?.connection.headers).toEqual({ authorization: 'Bearer k3' })
  await chmod(file, 0o644)
  await expect(readJudgeAccess(env)).rejects.toMatchObject({ code: 'endpoint/bad_key' })
  await rm(folder, { recursive: true })
})

it.each(['not a url', 'ftp://here', 'https://user:pass@here'])('refuses %s', async (url) => {
  await expect(readJudgeAccess({ PTB_JUDGE_URL: url })).rejects.toMatchObject({
    code: 'judge/invalid_url',
    message: expect.not.stringContaining(url),
  })
})
