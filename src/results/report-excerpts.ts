import { join } from 'node:path'
import type { Finding } from '../domain/finding.ts'
import type { ReportRun } from '../domain/report.ts'
import { listTree, openListed, type TreeEntry } from '../lib/untrusted-tree.ts'
import { attemptLayout } from '../run/layout.ts'
import { readLinesNear } from './read-lines-near.ts'
import { joinLines, redactLines, shortenLine } from './redact-lines.ts'

/** Lines shown before and after the one that evidence names. */
const context = 3
/** Lines read before it, so that a key that began earlier is recognised. */
const margin = 60
const maxExcerpts = 12
const maxLength = 240
const maxBytes = 64 * 2 ** 20
/** Folders of the attempt that hold what the agent left or was given. */
const folders = ['workspace', 'agent', 'final_model']

interface Place {
  readonly file: string
  readonly line: number
  readonly around: string
}

/**
 * What stands around the first lines that findings name, from the harness's own copies. No link is followed, no length
 * believed; a file that is not there has no excerpt.
 */
export async function readExcerpts(
  runPath: string,
  attempt: number,
  findings: readonly Finding[],
  hide: (text: string) => string,
): Promise<ReportRun['excerpts']> {
  const excerpts: ReportRun['excerpts'] = []
  for (const [file, places] of Map.groupBy(placesIn(findings).slice(0, maxExcerpts), (place) => place.file)) {
    const found = await readFileLines(attemptLayout(runPath, attempt).root, file, places)
    const numbers = [...found.keys()]
    const texts = redactLines([...found.values()], hide)
    const near = numbers.flatMap((line, index) => {
      const place = places.find((one) => Math.abs(one.line - line) <= context)
      if (place === undefined) return []
      const exact = places.find((one) => one.line === line)
      return [{ line, text: shortenLine(texts[index] ?? '', maxLength, exact?.around) }]
    })
    const [shownFile = ''] = redactLines([file], hide)
    excerpts.push(...joinLines(near).map((part) => ({ file: shownFile, ...part })))
  }
  return excerpts
}

function placesIn(findings: readonly Finding[]): Place[] {
  return findings.flatMap(({ evidence }) =>
    evidence.flatMap(({ file, line, excerpt = '' }) =>
      file === undefined || line === undefined || !folders.some((folder) => file.startsWith(`${folder}/`))
        ? []
        : [{ file, line, around: excerpt }],
    ),
  )
}

async function readFileLines(
  root: string,
  file: string,
  places: readonly Place[],
): Promise<ReadonlyMap<number, string>> {
  const entry = await findEntry(root, file).catch(() => null)
  if (entry === null) return new Map()
  const handle = await openListed(entry).catch(() => null)
  if (handle === null) return new Map()
  try {
    const lines = places.map(({ line }) => line)
    const { found } = await readLinesNear(handle, { lines, before: margin, after: context, maxBytes })
    return found
  } finally {
    await handle.close()
  }
}

/** Listing nothing but the folders on the way. */
async function findEntry(root: string, file: string): Promise<TreeEntry | null> {
  const [folder = '', ...rest] = file.split('/')
  const path = rest.join('/')
  const onTheWay = (name: string): boolean => path === name || path.startsWith(`${name}/`)
  const { entries } = await listTree(
    join(root, folder),
    { entries: 1000, depth: 64 },
    (name) => !onTheWay(name),
  )
  return entries.find((entry) => entry.path === path && entry.kind === 'file') ?? null
}
