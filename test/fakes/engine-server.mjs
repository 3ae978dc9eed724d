// A real engine of a kind: answers every question with its last word, after loading `--model DIR`, which must hold a
// config.json that says so. Used where the life of a run is tested and no model is needed. It goes wrong as
// `--fault NAME` or the checkpoint's own `fault` says.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { healthFaults, requestFaults, startFaults } from './engine-faults.mjs'

const text = { type: 'string' }
const { values } = parseArgs({ options: { model: text, port: text, fault: text } })
const config = JSON.parse(readFileSync(join(values.model, 'config.json'), 'utf8'))
if (config.loads !== true) {
  console.error('this checkpoint does not load')
  process.exit(1)
}
const fault = values.fault ?? config.fault
let requests = 0
const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    if (request.url === '/health') return (healthFaults[fault] ?? (() => response.end('{}')))(response)
    const { messages } = JSON.parse(Buffer.concat(chunks).toString())
    const content = config.answers ? messages.at(-1).content.split(' ').at(-1) : 'no idea'
    const answer = {
      choices: [{ message: { content }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 1 },
    }
    const goesWrong = requestFaults[fault]
    if (goesWrong !== undefined && goesWrong(response, ++requests, answer) !== true) return
    setTimeout(() => response.end(JSON.stringify(answer)), config.delayMs ?? 0)
  })
})
if (startFaults[fault] === undefined) server.listen(Number(values.port), '127.0.0.1')
else startFaults[fault]()
