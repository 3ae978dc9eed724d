import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { SealRecord } from '../../../src/domain/seal.ts'
import { hashFile } from '../../../src/lib/hash.ts'
import { removeTree } from '../../../src/lib/remove-tree.ts'
import { sealAttempt } from '../../../src/run/phases/seal.ts'
import { writeCheckpoint } from '../../fixtures/checkpoint.ts'
import { goodTensors, type HostileCase, type Scene } from './case.ts'
import { canary, changesSince, leaksIn, snapshotOf } from './outside.ts'

/** While somebody meddles, one seal says little. */
const sealsInRace = 8

/** Plays a case in a folder of its own and says what is wrong with its end. */
export async function playCase(hostile: HostileCase): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-hostile-'))
  const attemptPath = join(folder, 'attempt')
  const live = join(attemptPath, 'live')
  const outside = join(attemptPath, 'outside')
  const scene: Scene = { live, outside, model: join(live, 'final_model'), secret: join(outside, 'secret') }
  try {
    mkdirSync(live, { recursive: true })
    mkdirSync(outside)
    writeFileSync(scene.secret, `${canary} of this case`)
    await writeCheckpoint(scene.model, goodTensors)
    await hostile.make(scene)
    const present = hostile.uncounted ? 0 : countNames(live)
    await using meddler = await startMeddling(hostile, live)
    const problems: string[] = []
    for (let round = 0; round < (hostile.meanwhile === undefined ? 1 : sealsInRace); round++) {
      await rm(join(attemptPath, 'seal.json'), { force: true })
      const before = snapshotOf(outside)
      const record = await sealAttempt({ workspacePath: live, modelPath: scene.model, attemptPath })
      problems.push(...changesSince(outside, before), ...(await checkCopies(record, attemptPath)))
      problems.push(...checkExpectations(hostile, record, attemptPath))
      if (!hostile.uncounted) problems.push(...checkCount(record, present))
      if (problems.length > 0) break
    }
    await meddler[Symbol.asyncDispose]()
    await removeTree(live)
    if (readdirSync(attemptPath).includes('live')) problems.push('the workspace cannot be removed')
    if (!readFileSync(scene.secret, 'utf8').startsWith(canary)) problems.push('the secret was changed')
    return problems
  } finally {
    await removeTree(folder)
  }
}

function countNames(root: string): number {
  const info = lstatSync(root, { throwIfNoEntry: false })
  if (!info?.isDirectory()) return 0
  let names = 0
  const pending: Buffer[] = [Buffer.from(root)]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    let entries
    try {
      entries = readdirSync(folder, { encoding: 'buffer', withFileTypes: true })
    } catch {
      return Number.NaN // an owner without rights; the seal gives them back
    }
    for (const entry of entries) {
      if (entry.isDirectory()) pending.push(Buffer.concat([folder, Buffer.from('/'), entry.name]))
      else names++
    }
  }
  return names
}

/** Nothing disappears in silence: each name is archived or counted among what is left out. */
function checkCount({ workspace }: SealRecord, present: number): string[] {
  const leftOut = Object.entries(workspace.leftOutSums).map(([why, { files }]) =>
    why === 'unlisted' ? 0 : files,
  )
  const accounted = leftOut.reduce((sum, files) => sum + files, workspace.files)
  return accounted === present || Number.isNaN(present)
    ? []
    : [`${present} names, ${accounted} in the record`]
}

/** What every seal promises of its copies, whatever was submitted. */
async function checkCopies(record: SealRecord, attemptPath: string): Promise<string[]> {
  const problems: string[] = []
  const sealed = join(attemptPath, 'final_model')
  const names = readdirSync(attemptPath).filter((name) => name !== 'live' && name !== 'outside')
  const expected = ['seal.json', 'workspace', ...(record.refused === null ? ['final_model'] : [])].sort()
  if (!isDeepStrictEqual(names.sort(), expected)) problems.push(`the attempt holds ${names.join(' ')}`)
  if (record.refused === null) {
    const files = record.files.map(({ path }) => path)
    if (!isDeepStrictEqual(readdirSync(sealed).sort(), files)) problems.push('files are not those recorded')
    for (const { path, bytes, sha256 } of record.files) {
      const info = lstatSync(join(sealed, path))
      if (!info.isFile() || info.nlink !== 1 || (info.mode & 0o7777) !== 0o444 || info.size !== bytes)
        problems.push(`${path} is no plain copy`)
      else if ((await hashFile(join(sealed, path))) !== sha256) problems.push(`${path} has another hash`)
    }
  } else if (record.files.length > 0 || record.tensors.length > 0 || record.modelHash !== null) {
    problems.push('refused, and something is recorded as sealed')
  }
  let archived = 0
  for (const entry of readdirSync(join(attemptPath, 'workspace'), { recursive: true, withFileTypes: true })) {
    const info = lstatSync(join(entry.parentPath, entry.name))
    if (info.isFile() && info.nlink === 1 && (info.mode & 0o7777) === 0o444) archived++
    else if (!info.isDirectory()) problems.push(`${entry.name} in the archive is no plain copy`)
  }
  if (archived !== record.workspace.files)
    problems.push(`${archived} archived, ${record.workspace.files} recorded`)
  if (lstatSync(join(attemptPath, 'seal.json')).size > 4 * 1024 ** 2) problems.push('the record is too large')
  if ((record.refused?.detail.length ?? 0) > 500) problems.push('the reason is too long')
  for (const name of names) {
    if (name !== 'seal.json') problems.push(...leaksIn(join(attemptPath, name)))
    else if (readFileSync(join(attemptPath, name)).includes(`${canary} of`)) problems.push('the record leaks')
  }
  return problems
}

function checkExpectations(hostile: HostileCase, record: SealRecord, attemptPath: string): string[] {
  const problems: string[] = []
  const end = record.refused === null ? 'sealed' : record.refused.reason.replace('no_model/', '')
  const allowed = hostile.refused === undefined ? ['sealed'] : [hostile.refused].flat()
  if (!allowed.includes(end))
    problems.push(`${end} (${record.refused?.detail ?? ''}) instead of ${allowed.join(', ')}`)
  if (hostile.at !== undefined && record.refused?.path !== hostile.at)
    problems.push(`names ${record.refused?.path ?? 'no path'} instead of ${hostile.at}`)
  const left = Object.fromEntries(record.leftOut.map(({ path, why }) => [path, why]))
  if (end === 'sealed' && hostile.meanwhile === undefined && !isDeepStrictEqual(left, { ...hostile.leftOut }))
    problems.push(`left out of final_model: ${JSON.stringify(left)}`)
  if (hostile.archive !== undefined) {
    const archive = record.workspace.leftOut.flatMap(({ path, why }) =>
      why === 'weights' ? [] : [[path, why.split(' ')[0]]],
    )
    if (!isDeepStrictEqual(Object.fromEntries(archive), { ...hostile.archive }))
      problems.push(`left out of the archive: ${JSON.stringify(archive)}`)
  }
  for (const name of hostile.holds ?? [])
    if (lstatSync(join(attemptPath, 'workspace', name), { throwIfNoEntry: false }) === undefined)
      problems.push(`${name} is not in the archive`)
  return problems
}

async function startMeddling(hostile: HostileCase, live: string): Promise<AsyncDisposable> {
  if (hostile.meanwhile === undefined) return { async [Symbol.asyncDispose]() {} }
  const program = join(import.meta.dirname, 'meddle.ts')
  const child = spawn(process.execPath, [program, live, ...hostile.meanwhile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  await once(child.stdout, 'data')
  return {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await gone
    },
  }
}
