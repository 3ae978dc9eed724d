import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { OutcomeKind } from '../../domain/outcome.ts'
import { processIdentity, runCommand, type CommandResult } from '../../lib/process.ts'
import { createScreenReader } from './read-screen.ts'

const program = fileURLToPath(new URL('../../../bin/ptb.mjs', import.meta.url))
const fakeTerminal = fileURLToPath(new URL('../../../test/fakes/terminal.py', import.meta.url))
const terminalModule = new URL('terminal.ts', import.meta.url).href

let results = ''
beforeEach(async () => {
  results = await mkdtemp(join(tmpdir(), 'ptb-watch-'))
})
afterEach(() => rm(results, { recursive: true, force: true }))

/** A run as the harness leaves it, as far as it is looked at here. Its worker is this process. */
async function writeRun(id: string): Promise<string> {
  const path = join(results, 'study', 'runs', id)
  await mkdir(join(path, 'attempts', '1'), { recursive: true })
  const agent = { name: 'weak', kind: 'script', path: '/nowhere', config: '', hash: '', files: [] }
  const spec = { agent, protocol: { id: 'nano-v1', hash: '' }, budget: { hours: 1, gpus: 0 } }
  await writeFile(join(path, 'run.json'), JSON.stringify({ id, experiment: 'study', spec }))
  return path
}

async function append(path: string, file: string, ...lines: readonly object[]): Promise<void> {
  await appendFile(join(path, file), toLines(lines))
}

/** A journal has no number twice. */
let lastSeq = 0

function toLines(lines: readonly object[]): string {
  return lines
    .map((line) => ({ seq: ++lastSeq, epoch: 1, at: '2026-01-05T09:00:00.000Z', ...line }))
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')
}

const intent = { type: 'intent', attempt: 1, effect: 'x' }

async function startRun(path: string): Promise<void> {
  const { startTime = '' } = processIdentity(process.pid) ?? {}
  await append(
    path,
    'journal.jsonl',
    { type: 'worker', pid: process.pid, startTime, host: hostname() },
    { type: 'attempt', attempt: 1, why: 'first' },
    { ...intent, phase: 'solve' },
  )
}

async function endRun(path: string, kind: OutcomeKind = 'scored'): Promise<void> {
  await append(path, 'journal.jsonl', finished(kind))
}

function finished(kind: OutcomeKind): object {
  return { type: 'finished', outcome: { kind, reason: kind, detail: '' } }
}

describe('reading', () => {
  it('sees a run come, solve, evaluate and finish', async () => {
    const reader = createScreenReader(join(results, 'study'))
    expect((await reader.read()).runs).toEqual([])
    const path = await writeRun('one')
    expect((await reader.read()).runs).toMatchObject([{ id: 'one', status: 'waiting', phase: null }])

    await startRun(path)
    const startedAt = '2026-01-05T09:00:01.000Z'
    await append(path, 'attempts/1/events.jsonl', { type: 'agent_started', at: startedAt })
    await append(path, 'attempts/1/evaluations.jsonl', { accuracy: 0.25 }, { accuracy: 0.5 })
    await append(path, 'attempts/1/monitor.jsonl', { processes: 3, memoryBytes: 1024 })
    expect((await reader.read()).runs).toMatchObject([
      {
        status: 'running',
        phase: 'solve',
        solvingSince: Date.parse(startedAt),
        selfEvaluation: { accuracy: 0.5 },
        usage: { processes: 3, memoryBytes: 1024 },
      },
    ])

    await append(path, 'journal.jsonl', { ...intent, phase: 'evaluate' })
    await mkdir(join(path, 'evaluations', 'nano-v1-1'), { recursive: true })
    await append(path, 'evaluations/nano-v1-1/samples.jsonl', {}, {})
    expect((await reader.read()).runs).toMatchObject([
      { evaluatedSamples: 2, solvingSince: null, usage: null },
    ])
    await append(path, 'evaluations/nano-v1-1/samples.jsonl', {})
    expect((await reader.read()).runs).toMatchObject([{ evaluatedSamples: 3 }])

    await endRun(path)
    expect((await reader.read()).runs).toMatchObject([{ status: 'finished', outcome: { kind: 'scored' } }])
    const outcome = { kind: 'flagged', reason: 'flagged/by_operator', detail: '' }
    await writeFile(join(path, 'result.json'), JSON.stringify({ outcome }))
    expect((await reader.read()).runs).toMatchObject([{ outcome }])
  })

  it('sees that a worker is gone', async () => {
    const path = await writeRun('one')
    const worker = { type: 'worker', pid: process.pid, startTime: 'another', host: hostname() }
    await append(path, 'journal.jsonl', worker, { type: 'attempt', attempt: 1, why: 'first' })
    expect((await createScreenReader(results).read()).runs).toMatchObject([{ status: 'orphaned' }])
  })

  it('goes on where one run cannot be read', async () => {
    await writeRun('one')
    await writeFile(join(await writeRun('two'), 'journal.jsonl'), 'nonsense\n')
    const { runs, unreadable } = await createScreenReader(results).read()
    expect(runs).toMatchObject([{ id: 'one' }])
    expect(unreadable).toMatchObject([{ id: 'two' }])
  })

  it('follows no link that an agent put in place of a file, and waits for no pipe', async () => {
    const path = await writeRun('one')
    await startRun(path)
    await append(path, 'attempts/1/events.jsonl', { type: 'agent_started' })
    await writeFile(join(results, 'elsewhere'), '{"processes":9,"memoryBytes":9}\n')
    await symlink(join(results, 'elsewhere'), join(path, 'attempts', '1', 'monitor.jsonl'))
    await runCommand(['mkfifo', join(path, 'attempts', '1', 'evaluations.jsonl')])
    expect((await createScreenReader(results).read()).runs).toMatchObject([
      { status: 'running', usage: null, selfEvaluation: null },
    ])
  })
})

function argvOf(...flags: readonly string[]): string[] {
  return [process.execPath, program, 'watch', '--results', results, ...flags]
}

function watch(...flags: readonly string[]): Promise<CommandResult> {
  return runCommand(argvOf(...flags), { timeoutMs: 20_000 })
}

describe('into a pipe', () => {
  it('prints one line per change, and ends when everything is finished', async () => {
    const path = await writeRun('one')
    await startRun(path)
    const [command = '', ...args] = argvOf()
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'close')
    let text = ''
    for await (const chunk of child.stdout) {
      text += String(chunk)
      if (text.endsWith('solve\n')) await endRun(path)
    }
    expect(text).toMatch(/^\S+Z {2}study\/one {2}solve\n\S+Z {2}study\/one {2}scored\n$/)
    expect(await ended).toEqual([0, null])
  })

  it('prints JSON lines, and ends with 1 for a failure that is not the agent’s', async () => {
    await endRun(await writeRun('good'), 'cancelled')
    const path = await writeRun('lost')
    await startRun(path)
    await endRun(path, 'infra_failure')
    const { stdout, code } = await watch('--json')
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { run: 'good', status: 'finished', attempt: 0, outcome: { kind: 'cancelled' } },
      { experiment: 'study', run: 'lost', status: 'finished', outcome: { kind: 'infra_failure' } },
    ])
    expect(code).toBe(1)
  })

  it('has nothing to wait for where there are no runs', async () => {
    expect(await watch()).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--stay') })
  })
})

type Step =
  | { size: [number, number] }
  | { wait: string }
  | { send: string }
  | { signal: string }
  | { append: [file: string, text: string] }
  | { stopped: true }

const playedSchema = z.object({
  output: z.string(),
  code: z.number().nullable(),
  signal: z.string().nullable(),
  restored: z.boolean(),
})

/** Runs a command in a real terminal. */
async function play(argv: readonly string[], steps: readonly Step[]): Promise<z.infer<typeof playedSchema>> {
  const played = await runCommand(['python3', fakeTerminal, JSON.stringify(steps), ...argv], {
    timeoutMs: 25_000,
  })
  if (played.code !== 0) throw new Error(played.stderr)
  return playedSchema.parse(JSON.parse(played.stdout))
}

const enter = '\u001b[?1049h'
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l'

/** What stood on the alternate screen, between taking it and giving it back. */
function pictureIn(output: string): string {
  expect(output.split(enter)).toHaveLength(2)
  expect(output.split(leave)).toHaveLength(2)
  return output.slice(output.indexOf(enter), output.indexOf(leave))
}

describe('on a terminal', () => {
  it.each<[string, Step, { code: number | null; signal: string | null }]>([
    ['q', { send: 'q' }, { code: 0, signal: null }],
    ['Ctrl-C', { send: '\u0003' }, { code: 130, signal: null }],
    ['SIGINT', { signal: 'SIGINT' }, { code: 130, signal: null }],
    ['SIGTERM', { signal: 'SIGTERM' }, { code: null, signal: 'SIGTERM' }],
    ['SIGHUP', { signal: 'SIGHUP' }, { code: null, signal: 'SIGHUP' }],
  ])('leaves it as it was after %s', async (_name, step, ending) => {
    await startRun(await writeRun('one'))
    const played = await play(argvOf(), [{ size: [80, 24] }, { wait: 'solve' }, step])
    expect(played).toMatchObject({ ...ending, restored: true })
    expect(pictureIn(played.output)).not.toContain('\n')
  })

  it('gives it back while it is stopped, and takes it again', async () => {
    await startRun(await writeRun('one'))
    const { output, code, restored } = await play(argvOf(), [
      { size: [80, 24] },
      { wait: 'solve' },
      { send: '\u001a' },
      { stopped: true },
      { signal: 'SIGCONT' },
      { wait: enter },
      { wait: 'solve' },
      { send: 'q' },
    ])
    expect([output.split(enter).length, output.split(leave).length]).toEqual([3, 3])
    expect({ code, restored }).toEqual({ code: 0, restored: true })
  })

  it('leaves it as it was after a bug, whose message can be read', async () => {
    const script = `
      import { openTerminal } from ${JSON.stringify(terminalModule)}
      process.on('uncaughtException', (error) => { console.error(error.message); process.exit(70) })
      openTerminal(process.stdout, process.stdin, { onKey() {}, onRedraw() {} }).draw(['picture'])
      setTimeout(() => { throw new Error('a bug') }, 50)`
    const played = await play([process.execPath, '--input-type=module', '-e', script], [{ size: [80, 24] }])
    expect(played).toMatchObject({ code: 70, restored: true })
    expect(pictureIn(played.output)).toContain('picture')
    expect(played.output.slice(played.output.indexOf(leave))).toContain('a bug')
  })

  it('fits another size, and scrolls', async () => {
    for (let index = 0; index < 30; index++) await writeRun(`run-${String(index).padStart(2, '0')}`)
    const { output, code } = await play(argvOf(), [
      { size: [80, 50] },
      { wait: 'run-29' },
      { size: [40, 10] },
      { wait: '+ 25 more (25 waiting)' },
      { send: 'jj' },
      { wait: 'run-06' },
      { send: 'G' },
      { wait: 'run-29' },
      { send: 'q' },
    ])
    const rows = [...pictureIn(output).matchAll(/\u001b\[(\d+);1H/gu)].map(([, row]) => Number(row))
    expect(Math.max(...rows.slice(-20))).toBeLessThanOrEqual(10)
    expect(code).toBe(0)
  })

  it('ends by itself, and what was seen last stays', async () => {
    const path = await writeRun('one')
    await startRun(path)
    const { output, code } = await play(argvOf(), [
      { size: [80, 24] },
      { wait: 'solve' },
      { append: [join(path, 'journal.jsonl'), toLines([finished('scored')])] },
    ])
    expect(output.slice(output.indexOf(leave))).toContain('everything is finished')
    expect(code).toBe(0)
  })

  it('stays when it is asked to', async () => {
    await endRun(await writeRun('one'))
    const steps: Step[] = [{ size: [80, 24] }, { wait: 'everything is finished' }, { send: 'q' }]
    expect(await play(argvOf('--stay'), steps)).toMatchObject({ code: 0, restored: true })
  })
})
