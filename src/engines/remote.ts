import type { Endpoint, EngineConnection, RemoteEngine } from '../domain/engine.ts'
import { BenchError } from '../domain/error.ts'

/** A model behind an OpenAI-compatible endpoint of the operator's. Its template and sampling defaults are its own. */
export const remote = {
  id: 'remote',
  title: 'OpenAI-compatible endpoint',
  flags: { gpu: false, parsesTools: false },
  concurrency: 64,
  connect({ url, key }: Endpoint): EngineConnection {
    return {
      url: baseOf(url),
      headers: key === null ? {} : { authorization: `Bearer ${key}` },
    }
  },
} as const satisfies RemoteEngine

/** Messages never repeat the address: people put keys into it. */
function baseOf(text: string): string {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw invalid('it is not an http or https URL', 'Write it as https://host/path/v1.')
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw invalid(
      'it holds a user, a password or parameters',
      'Give the address alone, and the key in a variable or file.',
    )
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')}`
}

function invalid(what: string, remedy: string): BenchError {
  return new BenchError(`the endpoint cannot be used: ${what}`, {
    code: 'endpoint/invalid',
    kind: 'usage',
    remedy,
  })
}
