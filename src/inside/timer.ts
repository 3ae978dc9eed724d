/** `./timer`: asks the supervisor how much time is left. Nothing in the sandbox can move that clock. */
import type { TimerReply } from '../domain/self-evaluation.ts'
import { createJsonClient } from '../lib/http-json.ts'

const [socketPath = '', ...args] = process.argv.slice(2)

if (args.includes('--help')) {
  process.stdout.write(
    'usage: ./timer [--seconds | --json]\nPrints the time left as H:MM:SS, in whole seconds, or as JSON.\n',
  )
} else {
  using client = createJsonClient({ socketPath })
  const response = await client.send('GET', '/timer')
  if (response.status !== 200) throw new Error(`the timer does not answer: ${response.text}`)
  const reply = response.body as TimerReply // our own supervisor on the other side
  process.stdout.write(`${render(reply)}\n`)
}

function render(reply: TimerReply): string {
  if (args.includes('--json')) return JSON.stringify(reply)
  const seconds = Math.max(0, Math.floor(reply.remainingMs / 1000))
  if (args.includes('--seconds')) return String(seconds)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${Math.floor(seconds / 3600)}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`
}
