import { once } from 'node:events'
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readRunRedaction } from '../../src/results/run-secrets.ts'
import { attemptLayout, runLayout } from '../../src/run/layout.ts'
import { sendNotification } from '../../src/run/notify.ts'
import { sandboxes } from '../../src/sandboxes/registry.ts'
import { createOwnFolder, type OwnFolder } from '../fixtures/own-folder.ts'
import { createLife } from '../life/rig.ts'

const secret = 'sk-live/0123+4567"89äbcdef='
const env = { SOME_PROVIDER_API_KEY: secret }
/** As it may stand in a path, an address or a text that quotes another. */
const spellings: Readonly<Record<string, string>> = {
  'as it is': secret,
  base64: Buffer.from(`user:${secret}`).toString('base64'),
  hexadecimal: Buffer.from(secret).toString('hex'),
  'URL-encoded': encodeURIComponent(secret),
  'as JSON': JSON.stringify({ key: secret }),
  'as JSON in JSON': JSON.stringify(JSON.stringify({ key: secret })),
}
/** Of every spelling the part that gives it away. */
const telling = /sk-live|c2stbGl2|zay1saX|rLWxpdm|736b2d6c697665|89äbc|89\\u00e4|89%C3/u

async function openFolder(): Promise<OwnFolder> {
  const own = await createOwnFolder()
  await own.write({ 'results/demo/runs/r-1/run.json': '{' })
  return own
}

describe('secrets of the operator', () => {
  afterEach(() => vi.unstubAllEnvs())

  it.concurrent.each(Object.entries(spellings))('are in no error: %s', async (_, spelling) => {
    await using own = await openFolder()
    const { stdout, stderr, code } = await own.ptb(['logs', spelling], env)
    expect(code).toBe(2)
    expect(stdout + stderr).toContain('[redacted]')
    expect(stdout + stderr).not.toMatch(telling)
  })

  it.concurrent.each(['worker', 'supervise'])(
    'are not in the log of a %s that dies of a bug',
    async (command) => {
      await using own = await openFolder()
      const args = [command, `/nowhere/${secret}`, ...(command === 'supervise' ? ['1'] : [])]
      const { stdout, stderr, code } = await own.ptb(args, env)
      expect(code).toBe(70)
      expect(stderr).toContain('/nowhere/[redacted]')
      expect(stdout + stderr).not.toMatch(telling)
    },
  )

  it('are not printed with the output of an agent, also when escapes hide them', async () => {
    await using own = await openFolder()
    const log = attemptLayout(join(own.path, 'results/demo/runs/r-1'), 1).agentLog
    await mkdir(join(log, '..'), { recursive: true })
    const cut = `${secret.slice(0, 5)}\u001b[0m${secret.slice(5)}`
    await writeFile(log, [...Object.values(spellings), cut].map((text) => `x out ${text}\n`).join(''))
    const { stdout, code } = await own.ptb(['logs', 'results/demo/runs/r-1', '--attempt', '1'], env)
    expect(code).toBe(0)
    expect(stdout.match(/\[redacted\]/gu)).toHaveLength(7)
    expect(stdout).not.toMatch(telling)
  })

  it('are not in journals and results', async () => {
    await using life = await createLife({ sandbox: 'auto', solve: 'true' })
    const { runFile, journal, result } = runLayout(life.runPath)
    const run: { spec: { agent: { path: string } } } = JSON.parse(await readFile(runFile, 'utf8'))
    run.spec.agent.path = `/nowhere/${secret}`
    await writeFile(runFile, JSON.stringify(run))
    await once(life.startWorker(env), 'exit')
    const texts = await Promise.all([journal, result].map((path) => readFile(path, 'utf8')))
    for (const text of texts) {
      expect(text).toContain('[redacted]')
      expect(text).not.toMatch(telling)
    }
  })

  it('are not in notifications', async () => {
    vi.stubEnv('SOME_PROVIDER_API_KEY', secret)
    await using own = await openFolder()
    const file = join(own.path, 'told')
    const outcome = {
      kind: 'infra_failure' as const,
      reason: 'infra_failure/x',
      detail: Object.values(spellings).join(' '),
    }
    const failure = await sendNotification(
      {
        command: ['sh', '-c', 'cat > "$0"; echo "$SOME_PROVIDER_API_KEY" >&2; exit 1', file],
        on: ['run_finished'],
        timeoutSeconds: 10,
      },
      { event: 'run_finished', experiment: 'e', run: 'r', outcome, counts: null },
    )
    expect(JSON.parse(await readFile(file, 'utf8')).outcome.detail).not.toMatch(telling)
    expect(failure).toContain('[redacted]')
    expect(failure).not.toMatch(telling)
  })

  it('are not in reports, and neither are those of the run', async () => {
    await using own = await openFolder()
    const run = join(own.path, 'results/demo/runs/r-1')
    const canary = `ptb-${'0123456789abcdef'.repeat(3)}`
    const receipt = { type: 'receipt', data: { canary } }
    await appendFile(runLayout(run).journal, `${JSON.stringify(receipt)}\n`)
    const hide = await readRunRedaction(run, env)
    for (const spelling of Object.values(spellings)) expect(hide(spelling)).not.toMatch(telling)
    const escaped = canary.replaceAll(/./gu, (one) => `\\u00${one.charCodeAt(0).toString(16)}`)
    expect(hide(`x ${escaped} y`)).toBe('x [hidden: secret of the run] y')
    // a part of it says enough
    expect(hide(`x ${canary.slice(0, 17)} y`)).not.toContain(canary.slice(0, 17))
  })
})

const probes = await Promise.all(sandboxes.map((candidate) => candidate.probe()))
const sandbox = sandboxes.find((_, index) => probes[index]?.available)
if (sandbox === undefined)
  process.stdout.write('skipped: secrets in the output of agents: no sandbox works here\n')

describe.runIf(sandbox !== undefined)('secrets in the output of agents', () => {
  it('are not kept where an agent prints them bit by bit, but its canary is, for the detectors', async () => {
    await using life = await createLife({
      sandbox: sandbox?.id ?? '',
      solve: `printf 'it is sk-live/0123'; sleep 0.2; printf '+4567"89\\303'; sleep 0.2; printf '\\244bcdef=, and\\n'
printf '%s' '${Buffer.from(secret).toString('base64')}' | fold -w 7 >&2; echo; echo "$PTB_API_KEY"; save true true`,
    })
    await once(life.startWorker(env), 'exit')
    const log = await life.agentLog(1)
    expect(log).toContain('out it is [redacted], and\n')
    expect(log).toContain('err [redacted]')
    expect(log).not.toMatch(telling)
    const { findings } = await life.result()
    expect(findings.map(({ detector }) => detector)).toContain('secrets')
  })
})
