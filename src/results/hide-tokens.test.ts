import { expect, test } from 'vitest'
import { hideTokens } from './hide-tokens.ts'

/** Put together here, so that no scanner takes this file for a leak. */
const body = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7'

test.each([
  ['sk-', 'ant-api03-', body],
  ['sk-', 'proj-', body],
  ['AI', 'za', body],
  ['hf', '_', body],
  ['gh', 'p_', body],
  ['AK', 'IA', 'ABCDEFGHIJKLMNOP'],
  ['ey', `J${body}`, `.${body}.${body}`],
])('hides %s%s…', (...parts) => {
  const token = parts.join('')
  expect(hideTokens(`before ${token} after`)).toBe('before [hidden: looks like a credential] after')
})

test('hides what is assigned to a telling name, and what a header carries', () => {
  expect(hideTokens(`export OPENAI_API_KEY=${body}`)).not.toContain(body)
  expect(hideTokens(`{"access_token": "${body}"}`)).not.toContain(body)
  expect(hideTokens(`Authorization: Bearer ${body}`)).not.toContain(body)
})

test('hides a private key also when its end is cut off', () => {
  const header = ['-----BEGIN RSA', 'PRIVATE', 'KEY-----'].join(' ')
  expect(hideTokens(`x ${header}\nabc\ndef`)).toBe('x [hidden: looks like a credential]\n\n')
})

test('leaves ordinary output alone', () => {
  const log = 'step 10 loss 0.123 tokens: 5120 sha256 9f86d081884c7d659a2feaa0c55ad015 task-oriented ask-me'
  expect(hideTokens(log)).toBe(log)
})
