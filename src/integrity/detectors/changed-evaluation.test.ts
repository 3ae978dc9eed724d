import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/checkpoint.ts'
import { detectAll, sealWithout, writeEvidence } from '../../../test/fixtures/sealed-evidence.ts'
import type { SealRecord } from '../../domain/seal.ts'
import type { Finding } from '../../domain/finding.ts'
import { sha256 } from '../../lib/hash.ts'
import { changedEvaluation } from './changed-evaluation.ts'

const evaluate = '#!/bin/sh\nexec "/opt/node" "/opt/evaluate.mjs" "$@"\n'
const timer = '#!/bin/sh\nexec "/opt/node" "/opt/timer.mjs" "$@"\n'
const provided = [
  { path: 'evaluate', sha256: sha256(evaluate) },
  { path: 'timer', sha256: sha256(timer) },
]

async function findingsOf(
  files: Readonly<Record<string, string>>,
  seal: SealRecord = sealWithout([]),
  prepare: (workspacePath: string) => Promise<unknown> = () => Promise.resolve(),
): Promise<Finding[]> {
  await using folder = await temporaryFolder()
  const evidence = await writeEvidence(folder.path, files, { provided, seal })
  await prepare(evidence.workspacePath)
  return await detectAll(changedEvaluation, evidence)
}

test('copies, own programs and file modes beside the untouched ones are nothing', async () => {
  const files = {
    evaluate,
    timer,
    'evaluate2.py': 'print(1)',
    'backup/evaluate': 'other',
    'evaluate.sh': 'x',
  }
  expect(await findingsOf(files, sealWithout([{ path: 'link', why: 'link to evaluate' }]))).toEqual([])
  const unsetMode = (path: string): Promise<void> => chmod(join(path, 'evaluate'), 0o400)
  expect(await findingsOf(files, undefined, unsetMode)).toEqual([])
})

test('another content is a change, and shown', async () => {
  expect(await findingsOf({ evaluate: '#!/bin/sh\necho "accuracy 1.0"\n', timer })).toMatchObject([
    {
      kind: 'changed',
      measure: 1,
      summary: 'Changed or replaced: evaluate.',
      evidence: [{ file: 'workspace/evaluate', line: 1, excerpt: '#!/bin/sh\necho "accuracy 1.0"\n' }],
    },
  ])
  const both = await findingsOf({ evaluate: `${evaluate} `, timer: 'x'.repeat(100_000) })
  expect(both).toMatchObject([{ kind: 'changed', measure: 2 }])
  expect(both[0]?.evidence[1]?.excerpt).toHaveLength(200)
})

test.for([
  ['a link', sealWithout([{ path: 'evaluate', why: 'link to /tmp/mine' }]), '(link to /tmp/mine)'],
  ['a pipe', sealWithout([{ path: 'evaluate', why: 'special' }]), '(special)'],
  [
    'a file of another name, by a hard link',
    sealWithout([{ path: 'evaluate', why: 'hard_link' }]),
    '(hard_link)',
  ],
  ['a huge file', sealWithout([{ path: 'evaluate', why: 'too_large' }]), '(too_large)'],
  ['a folder of links', sealWithout([{ path: 'evaluate/a', why: 'link to b' }]), '(a folder)'],
] as const)('%s in its place is a change', async ([, seal, excerpt]) => {
  expect(await findingsOf({ timer }, seal)).toMatchObject([{ kind: 'changed', evidence: [{ excerpt }] }])
})

test('a folder in its place is a change', async () => {
  const folder = (path: string): Promise<unknown> => mkdir(join(path, 'evaluate'))
  expect(await findingsOf({ timer }, undefined, folder)).toMatchObject([{ kind: 'changed' }])
  expect(await findingsOf({ timer, 'evaluate/x': '' })).toMatchObject([{ kind: 'changed' }])
})

test('what is gone was removed', async () => {
  expect(await findingsOf({ timer })).toMatchObject([{ kind: 'removed', measure: 1 }])
  expect(await findingsOf({})).toMatchObject([
    { kind: 'removed', measure: 2, summary: 'Removed: evaluate, timer.' },
  ])
})

test.for([
  ['the archive was full', sealWithout([{ path: 'evaluate', why: 'over_budget' }])],
  ['the workspace had too many names', sealWithout([{ path: '', why: 'unlisted of more than 9 names' }])],
] as const)('nothing is claimed where %s', async ([, seal]) => {
  expect(await findingsOf({ timer }, seal)).toMatchObject([{ kind: 'not_compared', measure: 1 }])
})

test('nothing is claimed where more was left out than the seal lists', async () => {
  const seal = sealWithout([{ path: 'x', why: 'link to y' }])
  const sums = { link: { files: 2_000, bytes: 0 } }
  const findings = await findingsOf(
    { timer },
    { ...seal, workspace: { ...seal.workspace, leftOutSums: sums } },
  )
  expect(findings).toMatchObject([{ kind: 'not_compared' }])
})
