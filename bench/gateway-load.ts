import { Agent, request } from 'node:http'

export interface Target {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Load {
  readonly latenciesMs: readonly number[]
  readonly perSecond: number
  readonly bytesPerSecond: number
}

/** Asks again and again, on so many connections. Every answer must be a good one. */
export async function runLoad(
  target: Target,
  options: { readonly body: string; readonly requests: number; readonly connections: number },
): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections })
  const latenciesMs: number[] = []
  let bytes = 0
  let left = options.requests
  const started = performance.now()
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const before = performance.now()
      bytes += await ask(target, options.body, agent)
      latenciesMs.push(performance.now() - before)
    }
  }
  await Promise.all(Array.from({ length: options.connections }, worker))
  const seconds = (performance.now() - started) / 1000
  agent.destroy()
  return { latenciesMs, perSecond: options.requests / seconds, bytesPerSecond: bytes / seconds }
}

function ask({ url, headers }: Target, body: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...headers,
        },
      },
      (response) => {
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
        })
        response.on('end', () => {
          if (response.statusCode === 200) resolve(bytes)
          else reject(new Error(`${url} answered ${response.statusCode}`))
        })
        response.on('error', reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
