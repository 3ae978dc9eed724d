import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface FakeEngine extends AsyncDisposable {
  readonly socketPath: string
  /** Bodies of the requests so far. */
  readonly requests: readonly unknown[]
}

/** A server that answers chat completions with what `reply` says; a number is an HTTP error, `null` hangs up. */
export async function startFakeEngine(
  reply: (question: string, call: number) => string | number | null,
): Promise<FakeEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-engine-'))
  const socketPath = join(folder, 'engine.sock')
  const requests: unknown[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body: { messages: { content: string }[] } = JSON.parse(Buffer.concat(chunks).toString())
      requests.push(body)
      const answer = reply(body.messages.at(-1)?.content ?? '', requests.length)
      if (answer === null) request.socket.destroy()
      else if (typeof answer === 'number')
        response.writeHead(answer).end(JSON.stringify({ error: { message: `status ${answer}` } }))
      else
        response.end(
          JSON.stringify({
            choices: [{ message: { content: answer }, finish_reason: 'stop' }],
            usage: { prompt_tokens: 5, completion_tokens: 2 },
          }),
        )
    })
  })
  await new Promise<void>((done) => server.listen(socketPath, done))
  return {
    socketPath,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
