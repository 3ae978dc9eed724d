import { readFile } from 'node:fs/promises'
import { inertLine } from '../../lib/inert-text.ts'
import { startConfined, type Exceeded } from './confined-process.ts'
import type { Confinement } from './confinement.ts'
import { createSpokenLines } from './spoken-lines.ts'

export interface CheckedProgram {
  readonly python: string
  readonly source: string
  readonly entryPoint: string
  readonly tests: string
  readonly timeoutMs: number
}

export interface CheckResult {
  readonly passed: boolean
  readonly why: string
}

/** Of what waits to be read from a process: no test compares values that are longer. */
const maxLineBytes = 10 * 1024 * 1024
const whyLength = 500

/**
 * Two sandboxes, and this process between them. The tests' one executes the data set's code and reads nothing but
 * values; its last line alone decides. The answer's one executes the answer: whatever it writes is a value or malformed.
 * The deadline of the whole is the deadline of every call.
 */
export async function checkProgram(
  place: Confinement,
  program: CheckedProgram,
  options: { readonly env: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<CheckResult> {
  const { python, source, entryPoint, tests, timeoutMs } = program
  const [answering, testing] = await Promise.all([readScripts('answer.py'), readScripts('tests.py')])
  await using processes = new AsyncDisposableStack()
  const open = async (argv: readonly string[], order: unknown): Promise<Speaker> =>
    processes.use(await openSpeaker(place, { ...options, argv, timeoutMs }, order))
  const both = await Promise.allSettled([
    open([python, '-c', answering], { source, entryPoint }),
    open([python, '-I', '-S', '-c', testing], { tests }),
  ])
  const [answer, judge] = both.map((opened) => {
    if (opened.status === 'rejected') throw opened.reason
    return opened.value
  })
  if (answer === undefined || judge === undefined) throw new Error('two were opened')
  const result = await converse(answer, judge)
  options.signal.throwIfAborted()
  return { passed: result.passed, why: inertLine(result.why).slice(0, whyLength) }
}

async function converse(answer: Speaker, judge: Speaker): Promise<CheckResult> {
  const loaded = await answer.hear()
  if (loaded === null) return failed(`the answer ${await answer.howItEnded()} before it could be called`)
  if (loaded !== 'ready') return failed(`the answer does not load: ${loaded.replace(/^failed /, '')}`)
  for (;;) {
    const said = await judge.hear()
    if (said === null)
      return failed(`the tests ended without a result: the process ${await judge.howItEnded()}`)
    const [word, rest] = splitOnce(said)
    if (word === 'passed') return { passed: true, why: 'all tests passed' }
    if (word === 'failed') return failed(parseText(rest))
    if (word !== 'call') throw new Error(`the tests cannot be run: ${parseText(rest)}`)
    answer.say(rest)
    const reply = await answer.hear()
    if (reply === null) return failed(`the answer ${await answer.howItEnded()} instead of answering a call`)
    judge.say(reply)
  }
}

function failed(why: string): CheckResult {
  return { passed: false, why }
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf(' ')
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)]
}

function parseText(json: string): string {
  const value: unknown = JSON.parse(json)
  return String(value)
}

/** A confined process that talks in lines. */
interface Speaker extends AsyncDisposable {
  say(line: string): void
  hear(): Promise<string | null>
  howItEnded(): Promise<string>
}

async function openSpeaker(
  place: Confinement,
  options: Pick<Parameters<typeof startConfined>[1], 'argv' | 'env' | 'timeoutMs' | 'signal'>,
  order: unknown,
): Promise<Speaker> {
  const lines = createSpokenLines(maxLineBytes, () => running.kill('output'))
  const running = await startConfined(place, { ...options, onStdout: lines.add, onStderr: () => {} })
  void running.ended.then(lines.end, lines.end)
  running.write(`${JSON.stringify(order)}\n`)
  return {
    say: (line) => running.write(`${line}\n`),
    hear: lines.next,
    howItEnded: async () => describe(await running.ended),
    async [Symbol.asyncDispose]() {
      running.kill()
      await running.ended
    },
  }
}

function describe({
  exitCode,
  exceeded,
}: {
  readonly exitCode: number | null
  readonly exceeded: Exceeded
}): string {
  switch (exceeded) {
    case 'time':
      return 'took too long'
    case 'memory':
      return 'used too much memory'
    case 'output':
      return 'said too much'
    case null:
      return `ended with exit code ${exitCode}`
  }
}

async function readScripts(name: string): Promise<string> {
  const parts = ['literals.py', 'channel.py', name].map((part) =>
    readFile(new URL(part, import.meta.url), 'utf8'),
  )
  return (await Promise.all(parts)).join('\n')
}
