import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFakeHub, type FakeHub } from '../fakes/hub.ts'

const ptb = join(import.meta.dirname, '../../bin/ptb.mjs')
const commit = 'a'.repeat(40)
const weights = randomBytes(3_000_000)

let folder = ''
let hub: FakeHub
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-cache-'))
  await mkdir(join(folder, 'catalog'))
  const model = {
    id: 'small',
    title: 'Small',
    role: 'base',
    hub: { repository: 'lab/small', revision: 'main' },
    parameters: 1,
  }
  await writeFile(join(folder, 'catalog', 'models.yaml'), JSON.stringify({ models: [model] }))
  await writeFile(join(folder, 'ptb.config.ts'), "export default { catalog: './catalog' }\n")
  hub = await createFakeHub([
    {
      type: 'model',
      name: 'lab/small',
      commit,
      branch: 'main',
      files: { 'config.json': Buffer.from('{}'), 'model.safetensors': weights },
    },
  ])
})
afterEach(async () => {
  await hub[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [ptb, 'cache', ...args], {
    cwd: folder,
    env: {
      ...process.env,
      XDG_CACHE_HOME: join(folder, 'cache'),
      HF_ENDPOINT: hub.endpoint,
      HF_TOKEN: '',
      PTB_DATA: '',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = start(args)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await once(child, 'close')
  return { code: child.exitCode, output }
}

describe('ptb cache', () => {
  it('goes on after SIGKILL in the middle of a file: what is on disk is not fetched again', async () => {
    hub.faults.set('model.safetensors', { kind: 'slow', chunkBytes: 60_000 })
    const child = start(['download', 'small'])
    while ((hub.sentBytes.get('model.safetensors') ?? 0) < 1_000_000) await sleep(10)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const home = join(folder, 'cache/posttrainbench/models/small')
    const onDisk = (await readFile(join(home, `${commit}.partial`, 'model.safetensors.partial'))).length
    expect(onDisk).toBeGreaterThan(500_000)
    hub.faults.clear()
    hub.sentBytes.clear()
    hub.requests.length = 0
    expect(await run('plan', 'small')).toMatchObject({
      code: 0,
      output: expect.stringMatching(/small .*partial, \d+ %/),
    })
    expect(await run('download', 'small')).toMatchObject({ code: 0 })
    expect(hub.sentBytes.get('model.safetensors')).toBe(weights.length - onDisk)
    expect(hub.requests.filter(({ path }) => path.includes('/api/'))).toEqual([])
    expect((await readFile(join(home, commit, 'model.safetensors'))).equals(weights)).toBe(true)
  })

  it('plans, downloads, verifies, and names what was broken since', async () => {
    expect((await run('plan', 'small')).output).toMatch(/small +model +missing +2\.86 MiB/)
    expect((await run('download', 'small')).output).toContain('small: downloaded and verified')
    expect(await run('verify', 'small')).toMatchObject({ code: 0, output: 'whole  small\n' })
    const path = join(folder, 'cache/posttrainbench/models/small', commit, 'model.safetensors')
    await writeFile(path, weights.fill(0, 0, 1))
    const broken = await run('verify')
    expect(broken.code).toBe(3)
    expect(broken.output).toContain(`${path}: its content has changed`)
    expect(broken.output).toContain('ptb cache download small')
  })

  it('goes on with the others when one fails, and says so with its exit code', async () => {
    const { code, output } = await run('download', 'gpqa-main', 'small', '--json')
    expect(code).toBe(3)
    expect(output).toContain('(hub/repository_not_found)')
    expect(output).toContain('"outcome": "downloaded"')
  })

  it('wants to be told what to download, and proposes the nearest name', async () => {
    expect(await run('download')).toMatchObject({
      code: 2,
      output: expect.stringContaining('cache/nothing_named'),
    })
    expect(await run('download', 'smal')).toMatchObject({
      code: 2,
      output: expect.stringContaining('"small"'),
    })
  })
})
