// An endpoint that answers chat completions at once: the bench's gateways have nothing else to wait for.
import { createServer } from 'node:http'

const usage = { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 }
const whole = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'bench-model',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
    usage,
  }),
)
const frame = (value) => `data: ${JSON.stringify(value)}\n\n`
const delta = (content) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'bench-model',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
})
const events = Number(process.argv[2] ?? 2000)
const piece = Buffer.from(frame(delta('a few words of text ')))
const last = Buffer.from(`${frame({ ...delta(''), choices: [], usage })}data: [DONE]\n\n`)

const server = createServer({ noDelay: true, keepAliveTimeout: 120_000 }, (request, response) => {
  let streamed = false
  request.on('data', (chunk) => {
    streamed ||= chunk.includes('"stream":true')
  })
  request.on('end', () => {
    if (!streamed) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length })
      response.end(whole)
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let sent = 0
    const more = () => {
      while (sent < events) {
        sent++
        if (!response.write(piece)) {
          response.once('drain', more)
          return
        }
      }
      response.end(last)
    }
    more()
  })
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
process.stdin.on('end', () => process.exit()).resume()
