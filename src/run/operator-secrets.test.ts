import { expect, it } from 'vitest'
import { createOperatorRedactor, listOperatorSecrets } from './operator-secrets.ts'

it('are the values of variables that are named like keys', () => {
  const env = {
    OPENAI_API_KEY: 'openai-value',
    HF_TOKEN: 'hugging-value',
    AWS_SECRET_ACCESS_KEY: 'amazon-value',
    my_client_secret: 'client-value',
    DB_PASSWORD: 'pass-value',
    TOKEN: 'token-value',
    PATH: '/usr/bin:/bin',
    TOKENIZERS_PARALLELISM: 'false-false',
    GITHUB_TOKEN_FILE: '/run/secrets/x',
    MONKEY: 'banana-banana',
  }
  expect(listOperatorSecrets(env).toSorted()).toEqual(
    ['openai', 'hugging', 'amazon', 'client', 'pass', 'token'].map((name) => `${name}-value`).toSorted(),
  )
})

it('are no settings, no empty values, and nothing of ours: a canary must be found where an agent printed it', () => {
  const env = { A_TOKEN: '', B_TOKEN: '1234567', C_TOKEN: undefined, PTB_API_KEY: 'ptb-0123456789abcdef' }
  expect(listOperatorSecrets(env)).toEqual([])
  const text = 'a 1234567 ptb-0123456789abcdef'
  expect(createOperatorRedactor(env).redact(text)).toBe(text)
})
