/**
 * `node endpoint.ts --port N [--latency-ms N] [--per-second N]`: answers chat completions with one text, each after the
 * latency; or, as a server that is the bottleneck does, one after the other at that rate and never faster.
 */
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'

const text = { type: 'string', default: '0' } as const
const { values } = parseArgs({ options: { port: text, 'latency-ms': text, 'per-second': text } })
const latencyMs = Number(values['latency-ms'])
const perSecond = Number(values['per-second'])
const body = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: `${'Some steps of reasoning. '.repeat(20)}\nANSWER: 18` },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 1700, completion_tokens: 120, total_tokens: 1820 },
})

let nextMs = 0
/** Of a queue with one place: who comes while it is empty is served a whole turn later. */
function turnMs(): number {
  const now = performance.now()
  nextMs = Math.max(now, nextMs) + 1000 / perSecond
  return nextMs - now
}

createServer((request, response) => {
  request.resume().on('end', () => {
    const send = (): void => {
      response.setHeader('content-type', 'application/json')
      response.end(request.method === 'GET' ? '{}' : body)
    }
    const waitMs = request.method === 'GET' ? 0 : perSecond > 0 ? turnMs() : latencyMs
    if (waitMs > 0) setTimeout(send, waitMs)
    else send()
  })
}).listen(Number(values.port), '127.0.0.1')
