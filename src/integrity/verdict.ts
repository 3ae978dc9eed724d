import { randomBytes } from 'node:crypto'
import { linkSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BenchError } from '../domain/error.ts'
import { verdictSchema, type Verdict } from '../domain/verdict.ts'
import { createExclusive } from '../lib/atomic-file.ts'
import { runLayout } from '../run/layout.ts'

/** All verdicts on a run in the order they were given; the last one stands. A run without any has none. */
export async function readVerdicts(runPath: string): Promise<Verdict[]> {
  const folder = runLayout(runPath).verdicts
  const verdicts: Verdict[] = []
  for (const number of await verdictNumbers(folder)) {
    const path = join(folder, `${number}.json`)
    // An earlier verdict must not come back into force because a later one cannot be read.
    if (number !== verdicts.length + 1)
      throw unreadable(join(folder, `${verdicts.length + 1}.json`), 'is missing')
    verdicts.push(parseVerdict(path, await readFile(path, 'utf8')))
  }
  return verdicts
}

/** Records a verdict under the next number. Nothing that is on record is changed. Returns the number. */
export async function writeVerdict(
  runPath: string,
  verdict: Verdict,
  /** `fence`: called right before the verdict is on record; what it throws prevents that. */
  { fence = (): void => {} }: { readonly fence?: () => void } = {},
): Promise<number> {
  const folder = runLayout(runPath).verdicts
  await mkdir(folder, { recursive: true })
  const content = `${JSON.stringify(verdictSchema.parse(verdict), null, 2)}\n`
  let number = ((await verdictNumbers(folder)).at(-1) ?? 0) + 1
  while (!(await publish(folder, number, content, fence))) number++
  return number
}

export interface Override {
  readonly decision: Verdict['decision']
  /** For a flagged run: what for, in snake case; becomes `flagged/<what>`. */
  readonly what?: string
  readonly justification: string
  /** Who decides. */
  readonly name: string
  /** The verdict that stands so far; its findings and labels are kept. */
  readonly standing: Verdict | null
}

/** An operator's decision, which stands over the policy's until a later verdict is recorded. */
export function overrideVerdict(override: Override, now: () => Date = () => new Date()): Verdict {
  const { decision, what, justification, name, standing } = override
  if (justification.trim() === '' || name.trim() === '')
    throw new BenchError('an override needs a reason and the name of who gives it', {
      code: 'verdict/no_reason',
      kind: 'usage',
      remedy: 'Say why the verdict is wrong: it is shown beside the score.',
    })
  if (decision === 'flagged' && (what === undefined || !/^[a-z][a-z0-9_]*$/.test(what)))
    throw new BenchError('a run is flagged for something, named in snake case', {
      code: 'verdict/no_reason',
      kind: 'usage',
      remedy: 'For example: contamination, sibling_submitted, evaluation_tampering.',
    })
  return {
    schemaVersion: 1,
    decision,
    reason: what === undefined || decision === 'clean' ? decision : `${decision}/${what}`,
    justification,
    madeBy: { kind: 'operator', name },
    findings: standing?.findings ?? [],
    labels: standing?.labels ?? [],
    at: now().toISOString(),
  }
}

async function verdictNumbers(folder: string): Promise<number[]> {
  let names: string[]
  try {
    names = await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
  const numbers = names.flatMap((name) => (/^[1-9]\d*\.json$/.test(name) ? [Number.parseInt(name, 10)] : []))
  return numbers.sort((a, b) => a - b)
}

function parseVerdict(path: string, text: string): Verdict {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw unreadable(path, 'is not JSON')
  }
  const parsed = verdictSchema.safeParse(value)
  if (!parsed.success) throw unreadable(path, 'is not a verdict')
  return parsed.data
}

function unreadable(path: string, what: string): BenchError {
  return new BenchError(`${path} ${what}`, {
    code: 'verdict/unreadable',
    kind: 'environment',
    remedy: 'Verdicts are never changed or removed by ptb. Restore the file from a backup.',
  })
}

/** A link makes a complete file appear under a name that must be free; a crash never leaves half a verdict. */
async function publish(folder: string, number: number, content: string, fence: () => void): Promise<boolean> {
  const path = join(folder, `${number}.json`)
  const temporary = join(folder, `.${randomBytes(6).toString('hex')}.tmp`)
  try {
    await writeFile(temporary, content, { flag: 'wx', flush: true })
    fence()
    linkSync(temporary, path)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST') return false
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP') return createExclusive(path, content)
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}
