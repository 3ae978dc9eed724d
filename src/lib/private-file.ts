import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

/** Keys are shorter; of what is longer, as much as shows that it is none. */
const maxBytes = 16 * 1024

export type PrivateFile =
  | { readonly text: string; readonly ownerUid: number }
  | { readonly fault: 'missing' | 'not_a_file' | 'open_to_others' }

/** A file with a secret: only what nobody else can read is read, and what was looked at is what is read. */
export function readPrivateFile(path: string): PrivateFile {
  let descriptor: number
  try {
    // a pipe without a writer would be waited for
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch {
    return { fault: 'missing' }
  }
  try {
    const { mode, uid } = fstatSync(descriptor)
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) return { fault: 'not_a_file' }
    if ((mode & 0o077) !== 0) return { fault: 'open_to_others' }
    const bytes = Buffer.alloc(maxBytes)
    return { text: bytes.toString('utf8', 0, readSync(descriptor, bytes)), ownerUid: uid }
  } finally {
    closeSync(descriptor)
  }
}
