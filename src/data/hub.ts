import { listFiles } from '@huggingface/hub'
import * as z from 'zod'
import { innerPathSchema, isCommit } from '../domain/dataset.ts'
import { BenchError } from '../domain/error.ts'
import type { Digest } from './digest.ts'
import {
  createAnswerError,
  createInterruptedError,
  createNotHubError,
  createUnreachableError,
  type Asked,
} from './hub-errors.ts'

export const defaultEndpoint = 'https://huggingface.co'

export interface HubRepository {
  readonly type: 'dataset' | 'model'
  /** `owner/name`. */
  readonly name: string
}

export interface RemoteFile {
  readonly path: string
  readonly bytes: number
  readonly digest: Digest
}

export interface RemoteBytes {
  /** Where they begin: not at the asked place when the server knows no ranges. */
  readonly start: number
  /** Size of the whole file, null when the server does not say. */
  readonly totalBytes: number | null
  readonly body: AsyncIterable<Uint8Array>
}

/** The Hugging Face hub or a mirror of it. Failures are `BenchError`s with codes `hub/…`. */
export interface Hub {
  readonly endpoint: string
  /** The commit that a revision names now. */
  resolve(repository: HubRepository, revision: string): Promise<string>
  /** Files of a folder, `''` for the outermost, without those of folders in it. */
  list(repository: HubRepository, commit: string, folder: string): Promise<RemoteFile[]>
  open(
    repository: HubRepository,
    commit: string,
    path: string,
    start: number,
    signal?: AbortSignal,
  ): Promise<RemoteBytes>
  /** Anything else on the web; it gets no token. */
  openUrl(url: string, start: number, signal?: AbortSignal): Promise<RemoteBytes>
}

export interface HubOptions {
  readonly endpoint?: string
  readonly token: string | null
  /** Nothing is asked: everything fails with `hub/offline`. */
  readonly offline?: boolean
  /** For the beginning of an answer. */
  readonly answerMs?: number
}

/** More than any repository that a catalogue names. */
const maxListed = 10_000
const maxApiBytes = 16 * 1024 * 1024

const revisionSchema = z.object({ sha: z.string().refine(isCommit) })
const entrySchema = z.object({
  type: z.enum(['file', 'directory', 'unknown']),
  path: innerPathSchema,
  size: z.number().nonnegative(),
  oid: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() }).optional(),
})

export function createHub(options: HubOptions): Hub {
  const endpoint = parseEndpoint(options.endpoint ?? defaultEndpoint)
  const answerMs = options.answerMs ?? 60_000

  const api = (repository: HubRepository): string => `${endpoint}/api/${repository.type}s/${repository.name}`
  const pageOf = ({ type, name }: HubRepository): string =>
    `${endpoint}/${type === 'dataset' ? 'datasets/' : ''}${name}`
  const asked = (repository: HubRepository, revision: string, path = ''): Asked => ({
    what: `${repository.name}${path === '' ? '' : `/${path}`} at ${revision}`,
    page: pageOf(repository),
    host: new URL(endpoint).host,
    hasToken: tokenFor(endpoint) !== null,
  })

  /** Never to another host than the endpoint, nor readable on the way there. fetch drops it when it is led elsewhere. */
  function tokenFor(url: string): string | null {
    const { origin, protocol, hostname } = new URL(url)
    const isPrivate = protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
    return origin === new URL(endpoint).origin && isPrivate ? options.token : null
  }

  async function ask(
    url: string,
    about: Asked,
    more: {
      readonly headers?: Readonly<Record<string, string>>
      readonly signal?: AbortSignal | undefined
    } = {},
  ): Promise<Response> {
    if (options.offline === true) throw createOfflineError(about)
    const token = tokenFor(url)
    // the deadline is for the beginning of the answer only: bodies may take hours
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(new DOMException('', 'TimeoutError')), answerMs)
    const signals = more.signal === undefined ? [deadline.signal] : [deadline.signal, more.signal]
    let response: Response
    try {
      response = await fetch(url, {
        headers: { ...more.headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
        signal: AbortSignal.any(signals),
      })
    } catch (error) {
      more.signal?.throwIfAborted()
      throw createUnreachableError(about, error)
    } finally {
      clearTimeout(timer)
    }
    if (response.ok || response.status === 416) return response
    await response.body?.cancel()
    throw createAnswerError(response, about)
  }

  /** For a hub's own library, which reads answers without looking. */
  async function askJson(url: string, about: Asked): Promise<Response> {
    const response = await ask(url, about)
    const text = await readText(response, about)
    try {
      JSON.parse(text)
    } catch {
      throw createNotHubError(about)
    }
    return new Response(text, { status: response.status, headers: response.headers })
  }

  async function openAt(
    url: string,
    about: Asked,
    start: number,
    signal: AbortSignal | undefined,
  ): Promise<RemoteBytes> {
    const headers = { 'accept-encoding': 'identity', ...(start === 0 ? {} : { range: `bytes=${start}-` }) }
    const response = await ask(url, about, { headers, signal })
    if (response.status === 416)
      throw createInterruptedError(about, 'the file is shorter than what is here of it')
    // a page that says something to a person, with status 200
    if (
      /^text\/html\b/.test(response.headers.get('content-type') ?? '') &&
      !/\.html?$/.test(new URL(url).pathname)
    ) {
      await response.body?.cancel()
      throw createNotHubError(about)
    }
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')
    const length = response.headers.get('content-length')
    return {
      start: response.status === 206 && range !== null ? Number(range[1]) : 0,
      totalBytes: range !== null ? Number(range[2]) : length === null ? null : Number(length),
      body: readBody(response, about, signal),
    }
  }

  return {
    endpoint,
    async resolve(repository, revision) {
      if (isCommit(revision)) return revision
      const about = asked(repository, revision)
      const url = `${api(repository)}/revision/${encodeURIComponent(revision)}`
      const parsed = revisionSchema.safeParse(await (await askJson(url, about)).json())
      if (!parsed.success) throw createNotHubError(about)
      return parsed.data.sha
    },
    async list(repository, commit, folder) {
      const about = asked(repository, commit)
      const files: RemoteFile[] = []
      let listed = 0
      for await (const entry of listFiles({
        repo: repository,
        revision: commit,
        path: folder,
        hubUrl: endpoint,
        fetch: (input) => askJson(input instanceof Request ? input.url : String(input), about),
      })) {
        const parsed = entrySchema.safeParse(entry)
        if (!parsed.success || ++listed > maxListed) throw createNotHubError(about)
        const { type, path, size, oid, lfs } = parsed.data
        if (type !== 'file') continue
        if (lfs !== undefined) files.push({ path, bytes: lfs.size, digest: `sha256:${lfs.oid}` })
        else if (oid !== undefined) files.push({ path, bytes: size, digest: `git:${oid}` })
        else throw createNotHubError(about)
      }
      return files
    },
    open(repository, commit, path, start, signal) {
      const place = path.split('/').map(encodeURIComponent).join('/')
      const url = `${pageOf(repository)}/resolve/${encodeURIComponent(commit)}/${place}`
      return openAt(url, asked(repository, commit, path), start, signal)
    },
    openUrl(url, start, signal) {
      return openAt(url, { what: url, host: new URL(url).host, hasToken: false }, start, signal)
    },
  }
}

async function readText(response: Response, about: Asked): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of readBody(response, about, undefined)) {
    bytes += chunk.length
    if (bytes > maxApiBytes) throw createNotHubError(about)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function* readBody(
  response: Response,
  about: Asked,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    // Node's web streams are async iterable; a cut connection ends in an error, not in a short body
    for await (const chunk of response.body ?? []) yield chunk
  } catch (error) {
    signal?.throwIfAborted()
    throw createInterruptedError(about, 'the connection was lost', error)
  }
}

/** Without a slash at its end. What is wrong with it is said without repeating it: it may hold a password. */
function parseEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.search === ''
  )
    return url.href.replace(/\/+$/, '')
  throw new BenchError('the endpoint of the hub is no plain http(s) address', {
    code: 'hub/bad_endpoint',
    kind: 'usage',
    remedy: `Give one like ${defaultEndpoint}, without user, password or query, in HF_ENDPOINT or with --endpoint.`,
  })
}

function createOfflineError(about: Asked): BenchError {
  return new BenchError(`${about.what} is needed from ${about.host}, and HF_HUB_OFFLINE is set`, {
    code: 'hub/offline',
    kind: 'environment',
    remedy: 'Unset HF_HUB_OFFLINE, or copy the cache from a machine that has it (see docs/data.md).',
  })
}
