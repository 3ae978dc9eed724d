import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldJournal, phases, type JournalEvent, type JournalLine } from '../../src/domain/journal.ts'
import { isDiskFull } from '../../src/lib/disk-full.ts'
import { runCommand } from '../../src/lib/process.ts'
import { FencedOff, openJournal, readJournal, type Journal } from '../../src/run/journal.ts'
import { whyNoSmallDisk } from './environment/small-disk.ts'

const attempt = fc.integer({ min: 1, max: 3 })
const phase = fc.constantFrom(...phases)
const effect = fc.constantFrom('agent', 'workspace')
const text = fc.string({ unit: 'binary', maxLength: 12 })
const event: fc.Arbitrary<JournalEvent> = fc.oneof(
  fc.record({ type: fc.constant('attempt' as const), attempt, why: text }),
  fc.record({ type: fc.constant('intent' as const), attempt, phase, effect }),
  fc.record({ type: fc.constant('receipt' as const), attempt, phase, effect, data: text }),
  fc.record({ type: fc.constant('attempt_end' as const), attempt, outcome: fc.constant(null) }),
  fc.record({
    type: fc.constant('finished' as const),
    outcome: fc.record({ kind: fc.constant('scored' as const), reason: fc.constant('scored'), detail: text }),
  }),
)

/** What one worker writes, and how many lines of the one before it come too late to be seen by it. */
const shift = fc.record({
  events: fc.array(event, { maxLength: 6 }),
  late: fc.array(event, { maxLength: 2 }),
})

interface History {
  /** What counts. */
  readonly standing: readonly JournalLine[]
  /** Written by workers who did not know yet that they had been replaced. */
  readonly late: readonly JournalLine[]
}

const history: fc.Arbitrary<History> = fc.array(shift, { minLength: 1, maxLength: 4 }).map((shifts) => {
  const standing: JournalLine[] = []
  const late: JournalLine[] = []
  for (const [index, { events, late: tooLate }] of shifts.entries()) {
    const line = (seq: number, epoch: number, written: JournalEvent): JournalLine => ({
      seq,
      epoch,
      at: '2026-01-01T00:00:00.000Z',
      ...written,
    })
    const first: JournalEvent = { type: 'worker', pid: index + 1, startTime: 'x', host: 'h' }
    if (index > 0)
      for (const [nth, written] of tooLate.entries())
        late.push(line(standing.length + 1 + nth, index, written))
    for (const written of [first, ...events]) standing.push(line(standing.length + 1, index + 1, written))
  }
  return { standing, late }
})

/** A folder for one journal. */
async function runFolder(parent = tmpdir()): Promise<AsyncDisposable & { path: string; journal: string }> {
  const path = await mkdtemp(join(parent, 'ptb-journal-'))
  return {
    path,
    journal: join(path, 'journal.jsonl'),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

function toText(lines: readonly JournalLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

describe('journal', () => {
  it('means the same when lines are there twice, in another order, or came too late', () => {
    const disturbed = history.chain((known) => {
      const twice = fc.subarray([...known.standing])
      return fc.tuple(fc.constant(known), twice).chain(([{ standing, late }, again]) => {
        const all = [...standing, ...late, ...again]
        return fc.record({
          standing: fc.constant(standing),
          lines: fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
        })
      })
    })
    fc.assert(
      fc.property(disturbed, ({ standing, lines }) => {
        expect(foldJournal(lines)).toEqual(foldJournal(standing))
      }),
    )
  })

  it('torn at any byte, means what its whole lines mean, and goes on from there', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.nat(), async ({ standing }, at) => {
        await using folder = await runFolder()
        const whole = Buffer.from(toText(standing))
        const torn = whole.subarray(0, at % (whole.length + 1))
        await writeFile(folder.journal, torn)
        const left = standing.slice(0, torn.toString('latin1').split('\n').length - 1)
        expect(await readJournal(folder.path)).toEqual(foldJournal(left))
        using journal = await openJournal(folder.path)
        journal.append({ type: 'attempt', attempt: 9, why: 'after the tear' })
        expect(await readJournal(folder.path)).toEqual(journal.state)
        expect(journal.state.attempts.map(({ number }) => number)).toEqual([
          ...foldJournal(left).attempts.map(({ number }) => number),
          9,
        ])
      }),
      { numRuns: 40 },
    )
  })

  it('of workers that come and go and write in any order, knows what the newest knows', async () => {
    const open = fc.constant('open' as const)
    const write = fc.record({ by: fc.nat({ max: 5 }), event })
    const tear = fc.constant('tear' as const)
    const steps = fc.array(
      fc.oneof(
        { weight: 2, arbitrary: open },
        { weight: 6, arbitrary: write },
        { weight: 1, arbitrary: tear },
      ),
      { minLength: 1, maxLength: 16 },
    )
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        await using folder = await runFolder()
        using stack = new DisposableStack()
        const workers: Journal[] = [stack.use(await openJournal(folder.path))]
        const wrong: string[] = []
        for (const step of script) {
          // after a torn line only a new worker writes: the one that tore it is dead
          if (step === 'tear') await appendFile(folder.journal, '{"seq":1,"epo')
          if (step === 'open' || step === 'tear') workers.push(stack.use(await openJournal(folder.path)))
          else {
            const by = step.by % workers.length
            const refused = errorOf(() => workers[by]?.append(step.event)) instanceof FencedOff
            if (refused === (by === workers.length - 1)) wrong.push(`${by} of ${workers.length}`)
          }
          expect(await readJournal(folder.path)).toEqual(workers.at(-1)?.state)
        }
        expect(wrong).toEqual([])
      }),
      { numRuns: 40 },
    )
  })

  it('on a full disk, keeps every line that was written, and takes more when there is room', async ({
    skip,
  }) => {
    const reason = await whyNoSmallDisk()
    if (reason !== null) skip(reason)
    await using outside = await runFolder()
    await run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', outside.path])
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat({ max: 3000 }), { minLength: 60, maxLength: 60 }), async (sizes) => {
          await using folder = await runFolder(outside.path)
          const ballast = join(folder.path, 'ballast')
          await writeFile(ballast, Buffer.alloc(16 * 1024))
          using journal = await openJournal(folder.path)
          let full = false
          for (const size of sizes) {
            const error = errorOf(() =>
              journal.append({ type: 'attempt', attempt: journal.state.lastSeq, why: 'x'.repeat(size) }),
            )
            expect(error === null || isDiskFull(error)).toBe(true)
            full ||= error !== null
            expect(await readJournal(folder.path)).toEqual(journal.state)
          }
          expect(full).toBe(true)
          await rm(ballast)
          journal.append({ type: 'attempt', attempt: 1_000, why: 'there is room again' })
          using next = await openJournal(folder.path)
          expect(next.state.attempts).toEqual(journal.state.attempts)
        }),
        { numRuns: 8 },
      )
    } finally {
      await run(['umount', '--lazy', outside.path])
    }
  })
})

function errorOf(action: () => void): unknown {
  try {
    action()
    return null
  } catch (error) {
    return error
  }
}

async function run(argv: readonly string[]): Promise<void> {
  const { code, stderr } = await runCommand(argv)
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`)
}
