import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOwnFolder, type OwnFolder } from '../../../test/fixtures/own-folder.ts'

const tsc = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url))

/** One folder in which every part is made, one after the other. */
describe('ptb new', () => {
  let own: OwnFolder
  beforeAll(async () => {
    own = await createOwnFolder()
    for (const kind of ['benchmark', 'detector', 'agent']) await own.ptb(['new', kind, 'first-one'])
  })
  afterAll(() => own[Symbol.asyncDispose]())

  it.each(['benchmarks/first-one/first-one.test.ts', 'detectors/first-one.test.ts'])(
    'writes %s, which passes as it stands',
    async (path) => {
      const { stdout, code } = await own.run([process.execPath, '--test', path])
      expect(stdout).toMatch(/pass [1-9]/)
      expect(code).toBe(0)
    },
  )

  it('writes what an editor finds no fault with', async () => {
    expect(await own.run([process.execPath, tsc, '-p', '.'])).toMatchObject({ stdout: '', code: 0 })
  })

  it('writes experiments that can be planned', async () => {
    for (const kind of ['agent', 'benchmark']) {
      const planned = await own.ptb(['plan', `experiments/first-one-${kind}.yaml`])
      expect(planned).toMatchObject({ code: 0, stderr: '' })
    }
  })

  it('leaves a config that is there as it is and says what to add; then every rule holds', async () => {
    const config = await readFile(join(own.path, 'ptb.config.ts'), 'utf8')
    const { stdout } = await own.ptb(['new', 'detector', 'second'])
    expect(await readFile(join(own.path, 'ptb.config.ts'), 'utf8')).toBe(config)
    const [, imported = '', listed = ''] =
      /^add to ptb\.config\.ts:\n {2}(.+)\n {2}(.+)\n/m.exec(stdout) ?? []
    await own.write({
      'ptb.config.ts': `${imported}\n${config}`.replace('catalog:', `${listed},\n  catalog:`),
    })
    const checked = await own.ptb(['check'])
    expect(checked.stdout).toContain('benchmark first-one under first-one-v1\n')
    expect(checked.stdout).toContain('detector second\n')
    expect(checked.stdout).toMatch(/^every rule holds in /m)
    expect(checked.code).toBe(0)
  })

  it('says which rule a part breaks', async () => {
    await using broken = await createOwnFolder()
    await broken.ptb(['new', 'benchmark', 'mine'])
    const items = await readFile(join(broken.path, 'benchmarks/mine/items.jsonl'), 'utf8')
    await broken.write({ 'benchmarks/mine/items.jsonl': items.replaceAll('of fast?', 'of hot?') })
    const { stdout, code } = await broken.ptb(['check'])
    expect(stdout).toContain('failed test, shadow and train share no fingerprint')
    expect(stdout).toContain(
      '"What is the opposite of hot?" is in test ("mine-003") and in train ("mine-001")',
    )
    expect(code).toBe(1)
  })

  it('overwrites nothing, and writes nothing then', async () => {
    const before = await readdir(own.path, { recursive: true })
    const { stderr, code } = await own.ptb(['new', 'benchmark', 'first-one'])
    expect(stderr).toContain('(new/exists)')
    expect(code).toBe(2)
    expect(await readdir(own.path, { recursive: true })).toEqual(before)
  })

  it('writes a task in the published format that can be planned, and says what to add to a config', async () => {
    await using fresh = await createOwnFolder()
    expect(await fresh.ptb(['new', 'benchmark', 'sums', '--published'])).toMatchObject({ code: 0 })
    const planned = await fresh.ptb(['plan', 'experiments/sums-benchmark.yaml'])
    expect(planned).toMatchObject({ code: 0, stderr: '' })
    expect(planned.stdout).toContain('2 baselines')
    expect((await fresh.ptb(['new', 'benchmark', 'more', '--published'])).stdout).toContain(
      "benchmarks: [publishedTask('./tasks/more'",
    )
    expect(await fresh.ptb(['new', 'agent', 'x', '--published'])).toMatchObject({ code: 2 })
  })

  it.each([
    [['benchmark', 'nano-arith'], 'there is a built-in benchmark "nano-arith"'],
    [['agent', '../x'], '"../x" cannot be a name'],
    [['detector', 'Upper'], '"Upper" cannot be a name'],
    [['engine', 'x'], 'there is no "engine" to be made'],
  ])('refuses %j', async (args, message) => {
    const { stderr, code } = await own.ptb(['new', ...args])
    expect(stderr).toContain(message)
    expect(code).toBe(2)
  })
})
