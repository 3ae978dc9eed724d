import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/checkpoint.ts'
import type { Verdict } from '../domain/verdict.ts'
import { overrideVerdict, readVerdicts, writeVerdict } from './verdict.ts'

const flagged: Verdict = {
  schemaVersion: 1,
  decision: 'flagged',
  reason: 'flagged/contamination',
  justification: 'Found test items.',
  madeBy: { kind: 'policy', policy: 'default', policyHash: 'x' },
  findings: [2],
  labels: ['code_in_submission'],
  at: '2026-01-01T00:00:00.000Z',
}

describe('verdicts', () => {
  test('of a run without any are none', async () => {
    await using folder = await temporaryFolder()
    expect(await readVerdicts(folder.path)).toEqual([])
  })

  test('are numbered, and none is changed by a later one', async () => {
    await using folder = await temporaryFolder()
    expect(await writeVerdict(folder.path, flagged)).toBe(1)
    const first = await readFile(join(folder.path, 'verdicts/1.json'), 'utf8')
    const override = overrideVerdict({
      decision: 'clean',
      justification: 'A quotation.',
      name: 'Ada',
      standing: flagged,
    })
    expect(await writeVerdict(folder.path, override)).toBe(2)
    expect(await readFile(join(folder.path, 'verdicts/1.json'), 'utf8')).toBe(first)
    const standing = (await readVerdicts(folder.path)).at(-1)
    expect(standing).toMatchObject({
      decision: 'clean',
      reason: 'clean',
      justification: 'A quotation.',
      madeBy: { kind: 'operator', name: 'Ada' },
      findings: [2],
    })
  })

  test('written at the same time are all kept', async () => {
    await using folder = await temporaryFolder()
    const numbers = await Promise.all(Array.from({ length: 20 }, () => writeVerdict(folder.path, flagged)))
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    expect((await readdir(join(folder.path, 'verdicts'))).filter((name) => !name.endsWith('.json'))).toEqual(
      [],
    )
  })

  test('are numbered beyond nine in order', async () => {
    await using folder = await temporaryFolder()
    for (let index = 1; index <= 11; index++)
      await writeVerdict(folder.path, { ...flagged, justification: `${index}` })
    expect((await readVerdicts(folder.path)).at(-1)?.justification).toBe('11')
  })

  test('that cannot be read do not let an earlier one stand', async () => {
    await using folder = await temporaryFolder()
    for (let index = 0; index < 3; index++) await writeVerdict(folder.path, flagged)
    await writeFile(join(folder.path, 'verdicts/3.json'), '{"decision":"cl')
    await expect(readVerdicts(folder.path)).rejects.toMatchObject({ code: 'verdict/unreadable' })
    await writeFile(join(folder.path, 'verdicts/3.json'), '{}')
    await expect(readVerdicts(folder.path)).rejects.toMatchObject({ code: 'verdict/unreadable' })
    await writeVerdict(folder.path, flagged)
    await rm(join(folder.path, 'verdicts/3.json'))
    await expect(readVerdicts(folder.path)).rejects.toMatchObject({ code: 'verdict/unreadable' })
  })

  test('are read without minding other files', async () => {
    await using folder = await temporaryFolder()
    await mkdir(join(folder.path, 'verdicts'))
    for (const name of ['.x.tmp', 'a.json', '0.json', '01.json'])
      await writeFile(join(folder.path, 'verdicts', name), '')
    expect(await readVerdicts(folder.path)).toEqual([])
    expect(await writeVerdict(folder.path, flagged)).toBe(1)
  })
})

test.for([
  { decision: 'clean', justification: ' ', name: 'Ada', standing: null },
  { decision: 'clean', justification: 'Because.', name: '', standing: null },
  { decision: 'flagged', justification: 'Because.', name: 'Ada', standing: null },
  { decision: 'flagged', what: 'Not snake', justification: 'Because.', name: 'Ada', standing: null },
] as const)('an override needs a name, a reason and for a flag what it is for: %o', (override) => {
  expect(() => overrideVerdict(override)).toThrow(expect.objectContaining({ code: 'verdict/no_reason' }))
})
