import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, test } from 'vitest'
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

describe('all hostile submissions', () => {
  test('have names of their own', () => {
    for (const { cases } of families) expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
  })

  test(`take less than ${maxGrowthMiB} MiB of memory together`, () => {
    for (const run of runs) {
      const [first, last] = [run[0]?.rssMiB, run.at(-1)?.rssMiB]
      expect((last ?? Infinity) - (first ?? 0)).toBeLessThan(maxGrowthMiB)
    }
  })
})
