import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readProgramMetrics } from './read-metrics.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-metrics-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let counter = 0
async function read(content: string): Promise<unknown> {
  const path = join(folder, `${counter++}.json`)
  await writeFile(path, content)
  return await readProgramMetrics(path)
}

describe('metrics of a program', () => {
  it.each([
    ['{"accuracy": 0.25, "stderr": 0.1}', { accuracy: 0.25, stderr: 0.1, details: {} }],
    ['{"accuracy": 1}', { accuracy: 1, stderr: null, details: {} }],
    ['{"accuracy": 0, "stderr": null}', { accuracy: 0, stderr: null, details: {} }],
    ['{"accuracy": 0, "stderr": -1}', { accuracy: 0, stderr: null, details: {} }],
    ['{"accuracy": 0, "stderr": "?"}', { accuracy: 0, stderr: null, details: {} }],
    ['{"accuracy": 0.5, "n": 4, "by": {"a": [1, null]}}', { details: { n: 4, by: { a: [1, null] } } }],
  ])('%s is read', async (text, expected) => {
    expect(await read(text)).toMatchObject(expected)
  })

  it.each([
    ['', /cannot be used/],
    ['[]', /expected object/],
    ['{}', /expected number/],
    ['{"accuracy": NaN}', /not valid JSON/],
    ['{"accuracy": 1e999}', /cannot be used/],
    ['{"accuracy": 7}', /Too big/],
    ['{"accuracy": -1}', /Too small/],
    ['{"accuracy": true}', /expected number/],
    ['{"accuracy": 0, "accuracy": 1}', /given twice/],
    [`{"accuracy": 1, "a": ${'['.repeat(9)}${']'.repeat(9)}}`, /nested deeper/],
    [`{"accuracy": 1, "a": "${'x'.repeat(300_000)}"}`, /larger than/],
  ])('%s is refused', async (text, why) => {
    expect(await read(text)).toMatch(why)
  })

  it('no link is followed, and what is missing is told', async () => {
    await writeFile(join(folder, 'real.json'), '{"accuracy": 1}')
    await symlink('real.json', join(folder, 'link.json'))
    expect(await readProgramMetrics(join(folder, 'link.json'))).toBe('there is no metrics.json')
    expect(await readProgramMetrics(join(folder, 'none.json'))).toBe('there is no metrics.json')
  })

  it('details stay small and steer no terminal', async () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`key ${at}`, at]))
    const found = await read(
      JSON.stringify({ accuracy: 1, text: '\u001b[31mred', long: 'x'.repeat(9000), many, list: [[1]] }),
    )
    expect(found).toMatchObject({ details: { text: 'red', long: 'x'.repeat(500) } })
    expect(JSON.stringify(found).length).toBeLessThan(40_000)
  })

  it('nothing of them changes what an object is', async () => {
    expect(await read('{"accuracy": 1, "__proto__": {"stderr": 5}}')).toMatchObject({ stderr: null })
  })
})
