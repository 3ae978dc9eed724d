import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openBudget, type Reservation } from './budget.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-budget-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

let opened = 0
function open(run: string, name = 'spend.jsonl') {
  return openBudget({ file: join(folder, name), run, gateway: `gateway-${++opened}`, caps })
}

const caps = { runNanoUsd: 60, experimentNanoUsd: 100 }

function reserve(budget: ReturnType<typeof openBudget>, nanoUsd: number): Reservation {
  const reserved = budget.reserve(nanoUsd)
  if ('exceeds' in reserved) throw new Error(`exceeds ${reserved.exceeds}`)
  return reserved
}

describe('caps', () => {
  it('hold for a run over its attempts and for an experiment over its runs', () => {
    using first = open('a')
    using second = open('a')
    using other = open('b')
    reserve(first, 40).settle(10)
    reserve(second, 50)
    expect(first.reserve(1)).toEqual({ exceeds: 'run' })
    expect(other.reserve(41)).toEqual({ exceeds: 'experiment' })
    const last = reserve(other, 40)
    last.settle(5)
    last.settle(0)
    expect(other.spent()).toEqual({ runNanoUsd: 5, experimentNanoUsd: 65 })
  })

  it('survive a torn line, and a gateway that died with a reservation', async () => {
    const file = join(folder, 'spend.jsonl')
    {
      using dead = open('a')
      reserve(dead, 50)
    }
    await appendFile(file, '\n{"event":"settle","id":"so')
    using next = open('a')
    reserve(next, 10)
    expect(next.reserve(1)).toEqual({ exceeds: 'run' })
    expect(next.spent()).toEqual({ runNanoUsd: 60, experimentNanoUsd: 60 })
  })

  it('are exact for any gateways, in any order', () => {
    const step = fc.record({
      gateway: fc.nat(3),
      reserve: fc.boolean(),
      nanoUsd: fc.nat(60),
      which: fc.nat(5),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.uuid(), (steps, name) => {
        const gateways = [0, 1, 2, 3].map((index) => ({
          run: index % 2 === 0 ? 'a' : 'b',
          budget: open(index % 2 === 0 ? 'a' : 'b', name),
          open: [] as { reservation: Reservation; nanoUsd: number }[],
        }))
        const spent: Record<string, number> = { a: 0, b: 0 }
        for (const { gateway: index, reserve: asks, nanoUsd, which } of steps) {
          const gateway = gateways[index]
          if (gateway === undefined) continue
          const { run, budget, open } = gateway
          const before = spent[run] ?? 0
          if (asks) {
            const fits =
              before + nanoUsd <= caps.runNanoUsd &&
              (spent['a'] ?? 0) + (spent['b'] ?? 0) + nanoUsd <= caps.experimentNanoUsd
            const reserved = budget.reserve(nanoUsd)
            if ('exceeds' in reserved === fits) throw new Error(`${nanoUsd} of ${run}: ${fits}`)
            if ('exceeds' in reserved) continue
            open.push({ reservation: reserved, nanoUsd })
            spent[run] = before + nanoUsd
          } else {
            const [settled] = open.splice(which, 1)
            if (settled === undefined) continue
            const cost = Math.min(nanoUsd, settled.nanoUsd)
            settled.reservation.settle(cost)
            spent[run] = before - settled.nanoUsd + cost
          }
          expect(budget.spent().runNanoUsd).toBe(spent[run])
        }
        for (const { budget } of gateways) budget[Symbol.dispose]()
      }),
      { numRuns: 60 },
    )
  })

  it('hold for processes that reserve at the same time, some of which are killed', async () => {
    const file = join(folder, 'spend.jsonl')
    const program = `
      const { openBudget } = await import(${JSON.stringify(join(import.meta.dirname, 'budget.ts'))})
      const budget = openBudget({ file: process.argv[1], run: process.argv[2], gateway: String(process.pid), caps: { runNanoUsd: 400, experimentNanoUsd: 1000 } })
      let kept = 0
      for (let n = 0; n < 400; n++) {
        const reserved = budget.reserve(7)
        if ('exceeds' in reserved) break
        if (n % 3 === 0) reserved.settle(2)
        if (process.argv[3] === 'dies' && n === 10) process.kill(process.pid, 'SIGKILL')
      }
    `
    const start = async (run: string, how: string): Promise<void> => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program, file, run, how])
      await once(child, 'exit')
    }
    await Promise.all([start('a', 'lives'), start('a', 'dies'), start('b', 'lives'), start('c', 'lives')])
    using budget = openBudget({
      file,
      run: 'a',
      gateway: 'last',
      caps: { runNanoUsd: 400, experimentNanoUsd: 1000 },
    })
    const { runNanoUsd, experimentNanoUsd } = budget.spent()
    expect(runNanoUsd).toBeLessThanOrEqual(400)
    expect(experimentNanoUsd).toBeLessThanOrEqual(1000)
    expect(experimentNanoUsd).toBeGreaterThan(1000 - 7 - 5)
  })
})
