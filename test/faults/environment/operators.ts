import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../../../src/lib/process.ts'
import type { RunState } from '../../../src/domain/journal.ts'
import { readJournal } from '../../../src/run/journal.ts'
import { attemptLayout } from '../../../src/run/layout.ts'
import { readPythonEnvironment } from '../../../src/setup/python.ts'
import { createOwnFolder, wordsFiles } from '../../fixtures/own-folder.ts'

const program = fileURLToPath(new URL('../../../bin/ptb.mjs', import.meta.url))
const fakeTerminal = fileURLToPath(new URL('../../fakes/terminal.py', import.meta.url))

/** Why the real program cannot run an experiment here; null when it can. */
export async function whyNoExperiment(): Promise<string | null> {
  return (await readPythonEnvironment()) === null
    ? 'the Python environment is not set up: run `ptb setup`'
    : null
}

export interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly output: string
}

/** An experiment of one run with the real program, whose engine needs no model. */
export interface OperatorsRig extends AsyncDisposable {
  readonly runArgs: readonly string[]
  ptb(args: readonly string[]): { readonly process: ChildProcess; readonly ended: Promise<Ended> }
  /** Plays an operator at a terminal: see test/fakes/terminal.py. */
  atTerminal(steps: readonly object[]): Promise<Ended>
  runs(): Promise<{ readonly path: string; readonly state: RunState; readonly agentStarts: number }[]>
  until(test: (runs: Awaited<ReturnType<OperatorsRig['runs']>>) => boolean): Promise<void>
}

const engineSource = `
const http = require('node:http')
http.createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => (body += chunk))
  request.on('end', () => {
    if (request.url === '/health') return response.end('{}')
    const content = JSON.parse(body).messages.at(-1).content.split(' ').at(-1)
    response.end(JSON.stringify({ choices: [{ message: { content }, finish_reason: 'stop' }] }))
  })
}).listen(Number(process.argv[1]), '127.0.0.1')`

const files = {
  ...wordsFiles,
  'ptb.config.ts': `import { defineConfig } from 'posttrainbench'
import { words } from './words.ts'
const echo = {
  id: 'echo', title: 'Echo', flags: { gpu: false, parsesTools: false }, readyTimeoutMs: 60_000, concurrency: 2,
  command: ({ port }) => ({
    argv: ['sh', '-c', 'node=/opt/ptb/guard/node; test -x $node || node=$0; exec "$node" "$@"',
      process.execPath, '-e', ${JSON.stringify(engineSource)}, String(port)],
    env: {},
  }),
}
export default defineConfig({ benchmarks: [words], engines: [echo], catalog: './catalog' })
`,
  'experiment.yaml': `name: twice
protocol: words-v1
baseModels: [nano-base]
agents: { a: { path: a } }
budget: { minutes: 1 }
engine: echo
limits: { cpus: 1 }
scheduler: { kind: local, slots: 8 }
graceSeconds: 1
infraRetries: 0
`,
  'a/solve.sh': 'echo started\nsleep 2\ncp -r "$BASE_MODEL" final_model\n',
}

export async function createOperatorsRig(): Promise<OperatorsRig> {
  const folder = await createOwnFolder()
  await folder.write(files)
  const runsPath = join(folder.path, 'results', 'twice', 'runs')
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' }
  const rig: OperatorsRig = {
    runArgs: ['run', 'experiment.yaml', '--no-baselines'],
    ptb(args) {
      const child = spawn(process.execPath, [program, ...args], {
        cwd: folder.path,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
      const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal, output }))
      return { process: child, ended }
    },
    async atTerminal(steps) {
      const argv = ['python3', fakeTerminal, JSON.stringify(steps), process.execPath, program, ...rig.runArgs]
      const { stdout, stderr } = await runCommand(argv, { cwd: folder.path, env, timeoutMs: 60_000 })
      if (stdout === '') throw new Error(stderr)
      return JSON.parse(stdout)
    },
    async runs() {
      const names = await readdir(runsPath).catch(() => [])
      return await Promise.all(
        names.map(async (name) => {
          const path = join(runsPath, name)
          const state = await readJournal(path)
          const logs = await Promise.all(
            state.attempts.map(({ number }) =>
              readFile(attemptLayout(path, number).agentLog, 'utf8').catch(() => ''),
            ),
          )
          return { path, state, agentStarts: (logs.join('').match(/ out started$/gm) ?? []).length }
        }),
      )
    },
    async until(test) {
      for (const end = performance.now() + 60_000; performance.now() < end; await sleep(50))
        if (test(await rig.runs())) return
      throw new Error('it did not happen')
    },
    async [Symbol.asyncDispose]() {
      // who still runs would write into a folder that is gone
      await rig.until((runs) => runs.every(({ state }) => state.outcome !== null)).catch(() => {})
      await folder[Symbol.asyncDispose]()
    },
  }
  return rig
}

export const isSolving = (runs: Awaited<ReturnType<OperatorsRig['runs']>>): boolean =>
  runs.some(({ agentStarts }) => agentStarts > 0)
