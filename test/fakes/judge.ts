import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Of a judge or of a model that is evaluated. */
export interface JudgeBody {
  readonly model: string
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly max_completion_tokens?: number
  readonly max_tokens?: number
  readonly seed?: number
  readonly temperature?: number
  readonly reasoning_effort?: string
}

/** A text is the reply; what is not one writes the response itself. */
type Reply = string | ((response: ServerResponse) => void)

export interface FakeJudge extends AsyncDisposable {
  /** As the operator names it. */
  readonly url: string
  readonly requests: readonly JudgeBody[]
  readonly headers: readonly IncomingHttpHeaders[]
}

/** A grading model on the loopback interface. By default it finds all answers equal and every criterion met. */
export async function startFakeJudge(
  reply: (body: JudgeBody, call: number) => Reply = agreeable,
): Promise<FakeJudge> {
  const requests: JudgeBody[] = []
  const headers: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      // endpoints need not list their models
      if (request.method === 'GET') return refuse(404)(response)
      const body: JudgeBody = JSON.parse(Buffer.concat(chunks).toString())
      requests.push(body)
      headers.push(request.headers)
      const said = reply(body, requests.length)
      if (typeof said === 'string') complete(said, body.model)(response)
      else said(response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on a port
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    headers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

export function complete(content: string | null, model = 'judge'): (response: ServerResponse) => void {
  return (response) =>
    void response.end(
      JSON.stringify({
        model: `${model}-2025-08-07`,
        choices: [{ message: { content }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 100, completion_tokens: 10 },
      }),
    )
}

export function refuse(
  status: number,
  message = `status ${status}`,
  headers: Readonly<Record<string, string>> = {},
): (response: ServerResponse) => void {
  return (response) => void response.writeHead(status, headers).end(JSON.stringify({ error: { message } }))
}

function agreeable({ messages }: JudgeBody): string {
  return messages[0]?.role === 'system'
    ? 'Both are fine. My final verdict is tie: [[A=B]]'
    : '{"explanation": "It does.", "criteria_met": true}'
}
