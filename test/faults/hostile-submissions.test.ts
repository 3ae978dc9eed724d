import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { families, whyNot } from './hostile/families.ts'
import type { Played } from './hostile/run.ts'

const maxGrowthMiB = 500
const played = new Map<string, Played>()
const runs: Played[][] = []

/** One process plays all cases, so that its memory can be measured; root has another one play an owner's. */
beforeAll(async () => {
  runs.push(await playAll({ args: [] }))
  if (process.getuid?.() === 0) runs.push(await playAll({ args: ['--owner'], uid: 65534, gid: 65534 }))
  for (const one of runs.flat()) played.set(`${one.family}: ${one.name}`, one)
}, 300_000)

async function playAll(options: { args: string[]; uid?: number; gid?: number }): Promise<Played[]> {
  const { args, ...identity } = options
  const child = spawn(process.execPath, [join(import.meta.dirname, 'hostile/run.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Hundreds of seals wait for the disk each; in memory they do not.
    env: existsSync('/dev/shm') ? { ...process.env, TMPDIR: '/dev/shm' } : process.env,
    ...identity,
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect(code).toBe(0)
  const lines = output.trim().split('\n')
  return lines.map((line): Played => JSON.parse(line))
}

for (const family of families) {
  describe(`hostile ${family.name}`, () => {
    test.for([...family.cases])('$name', (hostile, context) => {
      const reason = whyNot(hostile)
      if (reason !== null) context.skip(`${family.name}: ${hostile.name}: ${reason}`)
      expect(played.get(`${family.name}: ${hostile.name}`)?.problems).toEqual([])
    })
  })
}

test('each case has a name of its own', () => {
  for (const { cases } of families) expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
})

test(`all of them together take less than ${maxGrowthMiB} MiB of memory`, () => {
  for (const run of runs) {
    const [first, last] = [run[0]?.rssMiB, run.at(-1)?.rssMiB]
    expect((last ?? Infinity) - (first ?? 0)).toBeLessThan(maxGrowthMiB)
  }
})

afterAll(() => {
  const width = Math.max(...families.map(({ name }) => name.length))
  const summary = families.map(({ name }) => {
    const cases = [...played.values()].filter(({ family }) => family === name)
    return {
      family: name,
      cases: cases.length,
      survived: cases.filter(({ problems }) => problems.length === 0).length,
    }
  })
  for (const { family, cases, survived } of summary)
    console.log(
      `${family.padEnd(width)}  ${String(cases).padStart(4)} cases  ${String(survived).padStart(4)} survived`,
    )
  const path = process.env['PTB_FAULTS_JSON']
  if (path !== undefined)
    writeFileSync(path, `${JSON.stringify({ families: summary, cases: [...played.values()] }, null, 2)}\n`)
})
