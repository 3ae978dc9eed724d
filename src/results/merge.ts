import { chmod, lstat, mkdir, open, readdir, readFile, rename } from 'node:fs/promises'
import { constants, copyFile } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { BenchError } from '../domain/error.ts'
import { evaluationMetricsSchema } from '../domain/evaluation.ts'
import { lockSchema, type Lock } from '../domain/run-spec.ts'
import { writeFileAtomic, writeJsonAtomic } from '../lib/atomic-file.ts'
import { sha256 } from '../lib/hash.ts'
import { tryLease } from '../lib/lease.ts'
import { removeTree } from '../lib/remove-tree.ts'
import { takeOverFile } from '../lib/take-over-file.ts'
import { listTree, openListed, type TreeEntry } from '../lib/untrusted-tree.ts'
import { readJournal } from '../run/journal.ts'
import { runLayout } from '../run/layout.ts'
import { mayBeAlive } from '../run/worker-life.ts'

export interface MergePlan {
  readonly out: string
  readonly lock: Lock
  /** Experiment file and recorded protocols by name: the first that there is of each. */
  readonly files: ReadonlyMap<string, string>
  readonly copies: readonly Copy[]
  /** Runs and baselines that `out` has already as they should be. */
  readonly same: number
  /** Runs that are not copied, because they may go on where they are. */
  readonly leftOut: readonly { readonly id: string; readonly path: string; readonly why: string }[]
}

interface Copy {
  readonly kind: 'runs' | 'baselines'
  readonly id: string
  readonly from: string
  /** `out` has an earlier state of it. */
  readonly replaces: boolean
}

interface Side {
  readonly path: string
  readonly lock: Lock
}

/**
 * What brings experiments of the same name from several machines together. Of a run that is in several places the one
 * that went on furthest is taken. Throws, naming all of them, where two places contradict each other; reads only.
 */
export async function planMerge(out: string, paths: readonly string[]): Promise<MergePlan> {
  const target = resolve(out)
  const others = [...new Set(paths.map((path) => resolve(path)))].filter((path) => path !== target)
  const existing = (await exists(join(target, 'experiment.lock.json'))) ? [target] : []
  const sides: Side[] = []
  for (const path of [...existing, ...others]) sides.push({ path, lock: await readLockFile(path) })
  const [first] = sides
  if (first === undefined || others.length === 0)
    throw new BenchError('there is nothing to merge', {
      code: 'merge/nothing',
      kind: 'usage',
      remedy: 'Name the folder to write and the experiments to bring together: ptb merge OUT DIR...',
    })
  const conflicts: string[] = []
  for (const { path, lock } of sides)
    if (lock.experiment !== first.lock.experiment)
      conflicts.push(
        `${path} is the experiment "${lock.experiment}", but ${first.path} is "${first.lock.experiment}"`,
      )
  const runs = await uniteRuns(target, sides, conflicts)
  const baselines = await uniteBaselines(target, sides, conflicts)
  if (conflicts.length > 0)
    throw new BenchError(`these cannot be merged:\n${conflicts.map((line) => `  ${line}`).join('\n')}`, {
      code: 'merge/conflict',
      kind: 'usage',
      remedy:
        'Nothing was written. Decide which one counts and move the other out of its experiment, or merge without it.',
    })
  const createdAt = sides.map(({ lock }) => lock.createdAt).sort()[0] ?? first.lock.createdAt
  return {
    out: target,
    lock: { ...first.lock, createdAt, runs: runs.entries, baselines: baselines.entries },
    files: await readFiles(sides),
    copies: [...runs.copies, ...baselines.copies],
    same: runs.same + baselines.same,
    leftOut: runs.leftOut,
  }
}

interface Union<T> {
  readonly entries: T[]
  readonly copies: Copy[]
  readonly leftOut: { id: string; path: string; why: string }[]
  same: number
}

async function uniteRuns(
  out: string,
  sides: readonly Side[],
  conflicts: string[],
): Promise<Union<Lock['runs'][number]>> {
  const union: Union<Lock['runs'][number]> = { entries: [], copies: [], leftOut: [], same: 0 }
  for (const [id, places] of groupById(sides, ({ lock }) => lock.runs, conflicts)) {
    const states: { place: (typeof places)[number]; path: string; history: History }[] = []
    for (const place of places) {
      const path = join(place.side.path, 'runs', id)
      if (!(await isFolder(path))) continue
      const state = await readJournal(path)
      if (state.outcome === null && mayBeAlive(state.worker))
        union.leftOut.push({
          id,
          path,
          why: `not finished, and its worker may be alive on ${state.worker?.host}`,
        })
      else states.push({ place, path, history: await readHistory(path) })
    }
    let best = states[0]
    for (const state of states.slice(1)) {
      if (best === undefined || continues(best.history, state.history)) continue
      if (!continues(state.history, best.history))
        conflicts.push(`${id} went on differently in ${best.path} and in ${state.path}`)
      else best = state
    }
    const entry = best?.place.entry ?? places[0]?.entry
    if (entry !== undefined) union.entries.push(entry)
    const occupied = union.leftOut.some(({ path }) => path === join(out, 'runs', id))
    if (best === undefined || best.place.side.path === out || occupied)
      union.same += best === undefined ? 0 : 1
    else if (states.some((state) => state.place.side.path === out && isEqual(state.history, best.history)))
      union.same++
    else
      union.copies.push({
        kind: 'runs',
        id,
        from: best.path,
        replaces: states.some(({ place }) => place.side.path === out),
      })
  }
  return union
}

async function uniteBaselines(
  out: string,
  sides: readonly Side[],
  conflicts: string[],
): Promise<Union<Lock['baselines'][number]>> {
  const union: Union<Lock['baselines'][number]> = { entries: [], copies: [], leftOut: [], same: 0 }
  for (const [id, places] of groupById(sides, ({ lock }) => lock.baselines, conflicts)) {
    const measured: { path: string; side: Side; score: string }[] = []
    for (const { side } of places) {
      const path = join(side.path, 'baselines', id)
      const score = await readScore(path)
      if (score !== null) measured.push({ path, side, score })
    }
    const [best] = measured
    for (const other of measured)
      if (best !== undefined && other.score !== best.score)
        conflicts.push(`the baseline ${id} was measured differently in ${best.path} and in ${other.path}`)
    const entry = places[0]?.entry
    if (entry !== undefined) union.entries.push(entry)
    if (best === undefined) continue
    if (best.side.path === out) union.same++
    else
      union.copies.push({
        kind: 'baselines',
        id,
        from: best.path,
        replaces: await isFolder(join(out, 'baselines', id)),
      })
  }
  return union
}

/** What was measured, without when and how fast: machines measure the same baselines each for itself. */
async function readScore(path: string): Promise<string | null> {
  const text = await readFile(join(path, 'evaluation', 'metrics.json'), 'utf8').catch(() => null)
  if (text === null) return null
  const { modelHash, protocolHash, test } = evaluationMetricsSchema.parse(JSON.parse(text))
  return JSON.stringify([modelHash, protocolHash, test.items, test.accuracy])
}

/** Everything that the locks name, in their order; the same id must mean the same. */
function groupById<T extends { readonly id: string; readonly specHash: string }>(
  sides: readonly Side[],
  entriesOf: (side: Side) => readonly T[],
  conflicts: string[],
): Map<string, { side: Side; entry: T }[]> {
  const groups = new Map<string, { side: Side; entry: T }[]>()
  for (const side of sides)
    for (const entry of entriesOf(side)) {
      const known = groups.get(entry.id) ?? []
      const [first] = known
      if (first !== undefined && first.entry.specHash !== entry.specHash)
        conflicts.push(`${entry.id} has another spec in ${side.path} than in ${first.side.path}`)
      groups.set(entry.id, [...known, { side, entry }])
    }
  return groups
}

/** All that is ever added to a run: lines of its journal, and verdicts. */
interface History {
  readonly journal: string
  readonly verdicts: readonly string[]
}

async function readHistory(path: string): Promise<History> {
  const layout = runLayout(path)
  const journal = await readFile(layout.journal, 'utf8').catch(() => '')
  const verdicts: string[] = []
  for (let number = 1; ; number++) {
    const text = await readFile(join(layout.verdicts, `${number}.json`), 'utf8').catch(() => null)
    if (text === null) break
    verdicts.push(text)
  }
  // a torn last line was never written
  return { journal: journal.slice(0, journal.lastIndexOf('\n') + 1), verdicts }
}

function continues(later: History, earlier: History): boolean {
  return (
    later.journal.startsWith(earlier.journal) &&
    earlier.verdicts.every((text, index) => later.verdicts[index] === text)
  )
}

function isEqual(a: History, b: History): boolean {
  return continues(a, b) && continues(b, a)
}

async function readFiles(sides: readonly Side[]): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const { path } of sides) {
    const protocols = await readdir(join(path, 'protocols')).catch(() => [])
    for (const name of ['experiment.yaml', ...protocols.map((protocol) => join('protocols', protocol))]) {
      const text = files.has(name) ? null : await readFile(join(path, name), 'utf8').catch(() => null)
      if (text !== null) files.set(name, text)
    }
  }
  return files
}

async function readLockFile(path: string): Promise<Lock> {
  const file = join(path, 'experiment.lock.json')
  try {
    return lockSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    throw new BenchError(`${file} is no lock of this version of ptb`, {
      code: 'merge/no_lock',
      kind: 'usage',
      remedy: "Name experiments' folders, such as results/demo.",
      cause: error,
    })
  }
}

/** Copies what was planned. A folder appears under its name when it is complete; the lock is written last. */
export async function runMerge(plan: MergePlan): Promise<void> {
  const { out, lock, files, copies } = plan
  using lease = tryLease(`lock-${sha256(out).slice(0, 16)}`)
  if (lease === null)
    throw new BenchError(`another ptb is writing the lock of ${out}`, {
      code: 'merge/busy',
      kind: 'environment',
      remedy: 'Wait for it and try again.',
    })
  const scratch = join(out, '.merge')
  await removeTree(scratch)
  for (const { kind, id, from, replaces } of copies) {
    const target = join(out, kind, id)
    const partial = join(scratch, `${id}.partial`)
    await copyFolder(from, partial)
    await mkdir(dirname(target), { recursive: true })
    if (replaces) await rename(target, join(scratch, `${id}.replaced`))
    await rename(partial, target)
    await syncFolder(dirname(target))
  }
  await removeTree(scratch)
  for (const [name, text] of files) {
    await mkdir(dirname(join(out, name)), { recursive: true })
    if (!(await exists(join(out, name)))) await writeFileAtomic(join(out, name), text)
  }
  await writeJsonAtomic(join(out, 'experiment.lock.json'), lock)
}

const treeLimits = { entries: 1_000_000, depth: 64 }

/** Files and folders only: links and special files stay behind. */
async function copyFolder(from: string, to: string): Promise<void> {
  const { entries, unlisted } = await listTree(from, treeLimits)
  if (unlisted.length > 0) throw new Error(`${from} cannot be listed as a whole: ${unlisted[0]}`)
  const copied = Buffer.from(to)
  await mkdir(to, { recursive: true })
  const clone = { supported: process.platform === 'linux' }
  const folders: string[] = [to]
  for (const entry of entries) {
    const target = Buffer.concat([copied, entry.diskPath.subarray(Buffer.byteLength(from))]).toString('utf8')
    if (entry.kind === 'folder') {
      await mkdir(target)
      folders.push(target)
    } else if (entry.kind === 'file') await copyEntry(entry, target, clone)
  }
  for (const folder of folders.toReversed()) await syncFolder(folder)
}

/** By sharing blocks where the file system can, else byte by byte with holes for zeros. */
async function copyEntry(entry: TreeEntry, target: string, clone: { supported: boolean }): Promise<void> {
  await using source = await openListed(entry)
  const { mode } = await source.stat()
  if (clone.supported && entry.bytes > 0) {
    const flags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE
    try {
      await promisify(copyFile)(`/proc/self/fd/${source.fd}`, target, flags)
      await syncFolder(target)
    } catch {
      clone.supported = false
      await removeTree(target)
    }
  }
  if (!clone.supported || entry.bytes === 0)
    await takeOverFile(entry, target, { clone: { supported: false }, sync: true })
  await chmod(target, mode & 0o777)
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  )
}

async function isFolder(path: string): Promise<boolean> {
  return await lstat(path).then(
    (info) => info.isDirectory(),
    () => false,
  )
}
