import { listTree } from '../lib/untrusted-tree.ts'

export interface EvidenceFile {
  /** For evidence: relative to the attempt folder. */
  readonly file: string
  /** For system calls. */
  readonly path: string
  readonly bytes: number
}

export interface EvidenceFiles {
  readonly files: readonly EvidenceFile[]
  /** What is there and cannot be opened; as `file` above. */
  readonly unreadable: readonly string[]
}

/**
 * The regular files of a folder of the evidence, sorted by name; links are never followed. A folder that is missing is
 * empty. Names in an archive are shown as the seal wrote them, so they are not escaped a second time.
 */
export async function listEvidenceFiles(root: string, label: string): Promise<EvidenceFiles> {
  const { entries, unlisted } = await listTree(root, { entries: Infinity, depth: Infinity })
  const files: EvidenceFile[] = []
  const unreadable = unlisted.filter((path) => path !== '').map((path) => `${label}/${path}`)
  for (const entry of entries) {
    const path = entry.diskPath.toString('utf8')
    if (entry.kind === 'unreadable' || (entry.kind === 'file' && !Buffer.from(path).equals(entry.diskPath)))
      unreadable.push(`${label}/${entry.path}`)
    else if (entry.kind === 'file')
      files.push({ file: `${label}${path.slice(root.length)}`, path, bytes: entry.bytes })
  }
  return { files, unreadable }
}
