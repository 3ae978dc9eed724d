import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface FakeRepository {
  readonly type: 'dataset' | 'model'
  readonly name: string
  readonly commit: string
  readonly branch?: string
  readonly files: Readonly<Record<string, Buffer>>
  /** The one token that may read it. */
  readonly gatedFor?: string
}

export type Fault =
  /** A page for people, with status 200. */
  | { readonly kind: 'html' }
  /** The connection is cut after so many bytes, that many times. */
  | { readonly kind: 'cut'; readonly afterBytes: number; times: number }
  | { readonly kind: 'wrong_bytes' }
  | { readonly kind: 'no_ranges' }
  /** So many bytes every 20 ms. */
  | { readonly kind: 'slow'; readonly chunkBytes: number }
  /** After so many bytes nothing comes, that many times. */
  | { readonly kind: 'stall'; readonly afterBytes: number; times: number }
  | { readonly kind: 'status'; readonly status: number; times: number }

export interface FakeRequest {
  readonly host: 'hub' | 'cdn'
  readonly path: string
  readonly range: string | undefined
  readonly authorization: string | undefined
}

export interface FakeHub extends AsyncDisposable {
  readonly endpoint: string
  readonly requests: FakeRequest[]
  /** What the server has written of each file, by its path in the repository. */
  readonly sentBytes: Map<string, number>
  /** By path in the repository; `api` stands for everything below /api. */
  readonly faults: Map<string, Fault>
}

/**
 * The hub's HTTP interface as far as downloads use it: revisions, trees in pages, and files, large ones of which are led on
 * to another host. Errors carry the hub's own headers.
 */
export async function createFakeHub(repositories: readonly FakeRepository[]): Promise<FakeHub> {
  const requests: FakeRequest[] = []
  const sentBytes = new Map<string, number>()
  const faults = new Map<string, Fault>()
  const cdn = await listen(async (request, response) => {
    record('cdn', request)
    const [, index = '', ...path] = (request.url ?? '').split('/')
    const name = path.map(decodeURIComponent).join('/')
    const content = repositories[Number(index)]?.files[name]
    if (content === undefined) response.writeHead(404).end()
    else await send(name, content, request, response)
  })
  const hub = await listen(async (request, response) => {
    record('hub', request)
    await answer(request, response)
  })

  function record(host: 'hub' | 'cdn', { url = '', headers }: IncomingMessage): void {
    requests.push({ host, path: url, range: headers.range, authorization: headers.authorization })
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://hub')
    const api = /^\/api\/(dataset|model)s\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)(?:\/(.*))?$/.exec(
      pathname,
    )
    const file = /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(pathname)
    const [type, name, revision, path] =
      api !== null
        ? [api[1], api[2], api[4], api[5] ?? '']
        : [file?.[1] === undefined ? 'model' : 'dataset', file?.[2], file?.[3], file?.[4] ?? '']
    const place = path.split('/').map(decodeURIComponent).join('/')
    if (await spoil(api === null ? place : 'api', response)) return
    const index = repositories.findIndex((known) => known.type === type && known.name === name)
    const repository = repositories[index]
    const wanted = decodeURIComponent(revision ?? '')
    if (repository === undefined) return refuse(response, 401, 'RepoNotFound')
    if (wanted !== repository.commit && wanted !== repository.branch)
      return refuse(response, 404, 'RevisionNotFound')
    if (api?.[3] === 'revision') return json(response, { id: name, sha: repository.commit })
    if (api !== null) return tree(repository, place, searchParams, response)
    const authorization = request.headers.authorization
    if (repository.gatedFor !== undefined && authorization !== `Bearer ${repository.gatedFor}`)
      return refuse(response, authorization === undefined ? 401 : 403, 'GatedRepo')
    const content = repository.files[place]
    if (content === undefined) return refuse(response, 404, 'EntryNotFound')
    if (!isLarge(place)) return send(place, content, request, response)
    response.writeHead(302, { location: `http://127.0.0.1:${portOf(cdn)}/${index}/${path}` }).end()
  }

  /** Two entries a page, so that whoever reads one page only is found out. */
  function tree(
    repository: FakeRepository,
    folder: string,
    query: URLSearchParams,
    response: ServerResponse,
  ): void {
    const prefix = folder === '' ? '' : `${folder}/`
    const names = Object.keys(repository.files).filter(
      (path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'),
    )
    const start = Number(query.get('cursor') ?? 0)
    const entries = names
      .slice(start, start + 2)
      .map((path) => describe(path, repository.files[path] ?? Buffer.alloc(0)))
    const next = `${endpointOf(hub)}/api/${repository.type}s/${repository.name}/tree/${repository.commit}/${folder}?cursor=${start + 2}`
    json(response, entries, start + 2 < names.length ? { link: `<${next}>; rel="next"` } : {})
  }

  /** Whether a fault has answered already. */
  async function spoil(key: string, response: ServerResponse): Promise<boolean> {
    const fault = faults.get(key)
    if (fault?.kind === 'html') {
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end('<html>Please sign in</html>')
      return true
    }
    if (fault?.kind !== 'status' || fault.times === 0) return false
    fault.times--
    response.writeHead(fault.status).end('broken')
    return true
  }

  async function send(
    name: string,
    whole: Buffer,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const fault = faults.get(name)
    const range = fault?.kind === 'no_ranges' ? null : /^bytes=(\d+)-$/.exec(request.headers.range ?? '')
    const start = range === null ? 0 : Number(range[1])
    if (start >= whole.length && start > 0) return void response.writeHead(416).end()
    const content = Buffer.from(whole.subarray(start))
    if (fault?.kind === 'wrong_bytes') content.fill(0x7a, 0, 1)
    response.writeHead(range === null ? 200 : 206, {
      'content-type': 'application/octet-stream',
      'content-length': content.length,
      ...(range === null ? {} : { 'content-range': `bytes ${start}-${whole.length - 1}/${whole.length}` }),
    })
    const ends = (fault?.kind === 'cut' || fault?.kind === 'stall') && fault.times > 0 ? fault : null
    const step = fault?.kind === 'slow' ? fault.chunkBytes : 64 * 1024
    const limit = ends === null ? content.length : Math.min(content.length, ends.afterBytes)
    for (let at = 0; at < limit && !response.destroyed; at += step) {
      const chunk = content.subarray(at, Math.min(limit, at + step))
      await new Promise((done) => response.write(chunk, done))
      sentBytes.set(name, (sentBytes.get(name) ?? 0) + chunk.length)
      if (fault?.kind === 'slow') await sleep(20)
    }
    if (ends === null) return void response.end()
    ends.times--
    if (ends.kind === 'stall') return
    await sleep(50) // what was sent arrives before the end does
    response.destroy()
  }

  return {
    endpoint: endpointOf(hub),
    requests,
    sentBytes,
    faults,
    async [Symbol.asyncDispose]() {
      for (const server of [hub, cdn]) {
        server.closeAllConnections()
        await new Promise((closed) => server.close(closed))
      }
    },
  }
}

/** What the hub keeps in Git LFS, and so names by its sha256. */
function isLarge(path: string): boolean {
  return /\.(safetensors|parquet)$/.test(path)
}

function describe(path: string, content: Buffer): unknown {
  const oid = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
  if (!isLarge(path)) return { type: 'file', path, size: content.length, oid }
  const sha256 = createHash('sha256').update(content).digest('hex')
  const lfs = { oid: sha256, size: content.length, pointerSize: 134 }
  return { type: 'file', path, size: content.length, oid: '0'.repeat(40), lfs }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'x-error-code': code, 'x-error-message': 'no' }).end('no')
}

function json(
  response: ServerResponse,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}

async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<Server> {
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return server
}

function portOf(server: Server): number {
  // a server that listens on TCP has an address of this kind
  return (server.address() as AddressInfo).port
}

function endpointOf(server: Server): string {
  return `http://127.0.0.1:${portOf(server)}`
}
