// A real engine of a kind: answers every question with its last word, after loading `--model DIR`, which must hold a
// config.json that says so. Used where the life of a run is tested and no model is needed.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { model: { type: 'string' }, port: { type: 'string' } } })
const config = JSON.parse(readFileSync(join(values.model, 'config.json'), 'utf8'))
if (config.loads !== true) {
  console.error('this checkpoint does not load')
  process.exit(1)
}
createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    if (request.url === '/health') return response.end('{}')
    const { messages } = JSON.parse(Buffer.concat(chunks).toString())
    const content = config.answers ? messages.at(-1).content.split(' ').at(-1) : 'no idea'
    const body = JSON.stringify({
      choices: [{ message: { content }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 1 },
    })
    setTimeout(() => response.end(body), config.delayMs ?? 0)
  })
}).listen(Number(values.port), '127.0.0.1')
