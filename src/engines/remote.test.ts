import { expect, it } from 'vitest'
import { remote } from './remote.ts'

it.each([
  ['https://host/v1', 'https://host'],
  ['https://host/v1/', 'https://host'],
  ['https://host:8443/base/path/v1', 'https://host:8443/base/path'],
  ['http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
])('takes %s as clients of OpenAI do', (url, base) => {
  expect(remote.connect({ url, key: null })).toEqual({ url: base, headers: {} })
})

it('puts the key into a header', () => {
  expect(remote.connect({ url: 'https://host/v1', key: 'k' }).headers).toEqual({ authorization: 'Bearer k' })
})

it.each(['host/v1', 'file:///etc/passwd', 'https://user:hunter2@host/v1', 'https://host/v1?key=hunter2'])(
  'refuses %s without repeating it',
  (url) => {
    const connect = (): unknown => remote.connect({ url, key: null })
    expect(connect).toThrow('the endpoint cannot be used')
    expect(connect).not.toThrow(/hunter2|passwd/)
  },
)
