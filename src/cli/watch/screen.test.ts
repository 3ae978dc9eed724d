import { stripVTControlCharacters } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { outcomeKinds } from '../../domain/outcome.ts'
import { displayWidth } from '../../lib/table.ts'
import type { Screen, WatchedRun } from './read-screen.ts'
import { renderScreen } from './screen.ts'

const now = Date.UTC(2026, 0, 5, 9, 30)
const minute = 60_000

function runOf(id: string, changes: Partial<WatchedRun> = {}): WatchedRun {
  return {
    id,
    experiment: 'study',
    agent: 'weak',
    status: 'waiting',
    phase: null,
    attempt: 0,
    budgetMs: 60 * minute,
    startedAt: null,
    finishedAt: null,
    solvingSince: null,
    waitsUntil: null,
    evaluatedSamples: null,
    selfEvaluation: null,
    usage: null,
    outcome: null,
    ...changes,
  }
}

const started = { attempt: 1, startedAt: now - 20 * minute }
const solving = runOf('strong-arithmetic-1-0a1b2c3d', {
  ...started,
  status: 'running',
  phase: 'solve',
  solvingSince: now - 18 * minute,
  selfEvaluation: { at: now - 2 * minute, accuracy: 0.4125 },
  usage: { processes: 4, memoryBytes: 1.25 * 1024 ** 3 },
})
const evaluating = runOf('medium-arithmetic-1-4e5f6a7b', {
  ...started,
  attempt: 2,
  status: 'running',
  phase: 'evaluate',
  evaluatedSamples: 120,
})
const orphaned = runOf('weak-arithmetic-1-8c9d0e1f', { ...started, status: 'orphaned', phase: 'solve' })
const waiting = runOf('weak-tools-1-2a3b4c5d')
const finished = runOf('idle-arithmetic-1-6e7f8a9b', {
  ...started,
  status: 'finished',
  phase: 'finish',
  finishedAt: now - 15 * minute,
  outcome: { kind: 'no_model', reason: 'no_model/nothing_submitted', detail: '' },
})
const later = runOf('idle-tools-1-0c1d2e3f', {
  ...started,
  status: 'finished',
  phase: 'finish',
  finishedAt: now - 10 * minute,
  outcome: { kind: 'scored', reason: 'scored', detail: '' },
})
const screen: Screen = {
  at: now,
  runs: [finished, later, waiting, evaluating, solving, orphaned],
  unreadable: [],
}

function linesOf(screen: Screen, columns: number, rows: number, more: { scroll?: number } = {}): string {
  return renderScreen(screen, { columns, rows, colour: false, ...more }).lines.join('\n')
}

describe('a screen', () => {
  it('says until when a run waits between two attempts', () => {
    const until = new Date(now + 4 * minute)
    const clock = `${until.getHours()}`.padStart(2, '0') + `:${until.getMinutes()}`
    const pausing = runOf('weak', { ...started, status: 'running', phase: 'prepare', waitsUntil: +until })
    expect(linesOf({ ...screen, runs: [pausing] }, 80, 20)).toContain(`waits until ${clock}, try 2`)
  })

  it('of 200x50 shows everything, running runs first and then the latest', () => {
    expect(linesOf(screen, 200, 50)).toMatchInlineSnapshot(`
      "study
      2 finished, 2 running, 1 waiting, 1 orphaned
      1 scored, 1 no model
      20 min since the start, about 44 min 45 s left
      orphaned runs have no worker: \`ptb resume RUN\` goes on with one

      run                           state                          time    left  self-eval         processes
      medium-arithmetic-1-4e5f6a7b  evaluate 120 samples, try 2  20 min
      strong-arithmetic-1-0a1b2c3d  solve ███░░░░░░░  30 %       20 min  42 min  0.412, 2 min ago  4, 1.25 GiB
      weak-arithmetic-1-8c9d0e1f    orphaned                     20 min
      weak-tools-1-2a3b4c5d         waiting
      idle-tools-1-0c1d2e3f         scored                       10 min
      idle-arithmetic-1-6e7f8a9b    no_model/nothing_submitted    5 min"
    `)
  })

  it('of 80x24 leaves out what there is no room for', () => {
    expect(linesOf(screen, 80, 24)).toMatchInlineSnapshot(`
      "study
      2 finished, 2 running, 1 waiting, 1 orphaned
      1 scored, 1 no model
      20 min since the start, about 44 min 45 s left
      orphaned runs have no worker: \`ptb resume RUN\` goes on with one

      run                           state                       left  self-eval
      medium-arithmetic-1-4e5f6a7b  evaluate 120 samples, t…
      strong-arithmetic-1-0a1b2c3d  solve ███░░░░░░░  30 %    42 min  0.412, 2 min ago
      weak-arithmetic-1-8c9d0e1f    orphaned
      weak-tools-1-2a3b4c5d         waiting
      idle-tools-1-0c1d2e3f         scored
      idle-arithmetic-1-6e7f8a9b    no_model/nothing_submit…"
    `)
  })

  it('of 40x10 keeps the runs that are at work, and counts the others', () => {
    expect(linesOf(screen, 40, 10)).toMatchInlineSnapshot(`
      "study
      2 finished, 2 running, 1 waiting, 1 orp…
      1 scored, 1 no model
      20 min since the start, about 44 min 45…
      run                 state
      medium-ar…4e5f6a7b  evaluate 120 sample…
      strong-ar…0a1b2c3d  solve  30 %
      weak-arit…8c9d0e1f  orphaned
      weak-tool…2a3b4c5d  waiting
      + 2 more (2 finished)"
    `)
  })

  it('says which experiment a run belongs to where there are several', () => {
    const other = runOf('weak-tools-1-2a3b4c5d', { experiment: 'other' })
    const text = linesOf({ ...screen, runs: [waiting, other] }, 80, 24)
    expect(text).toMatch(/^other \+ study\n/)
    expect(text).toContain('\nstudy/weak-tools-1-2a3b4c5d  waiting')
    expect(text).toContain('\nother/weak-tools-1-2a3b4c5d  waiting')
  })

  it('says when everything is finished, and how long it took', () => {
    const over = { at: now, runs: [finished, later], unreadable: [] }
    expect(linesOf(over, 80, 24)).toContain('\n10 min since the start, everything is finished\n')
  })

  it('names a run that cannot be read', () => {
    const broken = {
      ...screen,
      unreadable: [{ id: 'broken-1', why: 'journal.jsonl:3 is not a journal line' }],
    }
    expect(linesOf(broken, 80, 24)).toContain(
      'broken-1 cannot be read: journal.jsonl:3 is not a journal line',
    )
    expect(linesOf(broken, 80, 24)).toContain('1 unreadable')
  })

  it('has colours that change nothing else', () => {
    const { lines } = renderScreen(screen, { columns: 100, rows: 30, colour: true })
    expect(lines.join('\n')).toContain('\u001b[32mscored')
    expect(stripVTControlCharacters(lines.join('\n'))).toBe(linesOf(screen, 100, 30))
  })
})

describe('scrolling', () => {
  const runs = Array.from({ length: 20 }, (_, index) => runOf(`run-${String(index).padStart(2, '0')}`))
  const many = { at: now, runs, unreadable: [] }

  it('leaves out runs at the top', () => {
    const text = linesOf(many, 40, 10, { scroll: 3 })
    expect(text).not.toContain('run-02')
    expect(text).toContain('run-03')
    expect(text).toContain('+ 14 more (14 waiting)')
  })

  it.each([
    [-5, 0],
    [0, 0],
    [5, 5],
    [1000, 14],
  ])('by %i comes to stand at %i', (scroll, expected) => {
    const rendered = renderScreen(many, { columns: 40, rows: 10, colour: false, scroll })
    expect(rendered.scroll).toBe(expected)
  })

  it('is not there when everything fits', () => {
    expect(renderScreen(many, { columns: 40, rows: 30, colour: false, scroll: 7 }).scroll).toBe(0)
  })
})

test('no screen is larger than its terminal, and nothing in it is obeyed', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: fc.constantFrom('世', 'é', '👩‍🚀', '\u001b[2J', '\n', 'x', '\u202e'), maxLength: 40 }),
  )
  const time = fc.option(fc.integer({ min: now - 1e9, max: now + 1e9 }))
  const run: fc.Arbitrary<WatchedRun> = fc.record({
    id: text,
    experiment: text,
    agent: text,
    status: fc.constantFrom('running', 'orphaned', 'waiting', 'finished'),
    phase: fc.constantFrom('solve', 'evaluate', null),
    attempt: fc.nat(9),
    budgetMs: fc.nat(1e9),
    startedAt: time,
    finishedAt: time,
    solvingSince: time,
    waitsUntil: time,
    evaluatedSamples: fc.option(fc.nat(1e6)),
    selfEvaluation: fc.option(fc.record({ at: fc.integer({ min: 0, max: now }), accuracy: fc.double() })),
    usage: fc.option(fc.record({ processes: fc.nat(1e6), memoryBytes: fc.nat() })),
    outcome: fc.option(fc.record({ kind: fc.constantFrom(...outcomeKinds), reason: text, detail: text })),
  })
  const screens = fc.record({
    at: fc.constant(now),
    runs: fc.array(run, { maxLength: 12 }),
    unreadable: fc.array(fc.record({ id: text, why: text }), { maxLength: 2 }),
  })
  const size = fc.record({
    columns: fc.integer({ min: 1, max: 200 }),
    rows: fc.integer({ min: 1, max: 40 }),
    colour: fc.boolean(),
    scroll: fc.integer({ min: -3, max: 20 }),
    keys: fc.constantFrom('', 'q quits'),
  })
  fc.assert(
    fc.property(screens, size, (screen, options) => {
      const { lines } = renderScreen(screen, options)
      expect(lines.length).toBeLessThanOrEqual(options.rows)
      for (const line of lines) {
        const plain = line.replaceAll(/\u001b\[\d+m/gu, '')
        expect(displayWidth(plain)).toBeLessThanOrEqual(options.columns)
        expect(plain).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/u)
      }
    }),
  )
})
