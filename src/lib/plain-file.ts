import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'

/** Where an agent is not isolated it can put anything in a file's place: no link is followed, no pipe waited for. */
export async function openPlainFile(path: string): Promise<FileHandle | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(path, flags).catch(() => null)
  if (file === null || (await file.stat()).isFile()) return file
  await file.close()
  return null
}

/** The text at the end of a file, as much as fits; its first line may be cut. Empty where there is no plain file. */
export async function readTail(path: string, maxBytes: number): Promise<string> {
  const file = await openPlainFile(path)
  if (file === null) return ''
  try {
    const { size } = await file.stat()
    const buffer = Buffer.alloc(Math.min(size, maxBytes))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size - buffer.length)
    return buffer.subarray(0, bytesRead).toString('utf8')
  } catch {
    return ''
  } finally {
    await file.close()
  }
}

/** Its lines that say something. */
export async function readLastLines(path: string, maxBytes: number): Promise<string[]> {
  return (await readTail(path, maxBytes)).split('\n').filter((line) => line.trim() !== '')
}
