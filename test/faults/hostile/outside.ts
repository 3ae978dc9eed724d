import { lstatSync, readdirSync, readFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'

/** What must not appear in anything that was sealed. */
export const canary = 'canary'

export type Snapshot = ReadonlyMap<string, string>

/** Remembers everything about a folder. Access times are set back, so that any reading of a file or folder shows. */
export function snapshotOf(root: string): Snapshot {
  const paths = [root, ...readdirSync(root, { recursive: true }).map((path) => join(root, String(path)))]
  for (const path of paths) if (!lstatSync(path).isSymbolicLink()) utimesSync(path, 1, lstatSync(path).mtime)
  return new Map(paths.map((path) => [path, describe(path)]))
}

/** What happened to it since, one sentence each. Looks at the times before it reads anything itself. */
export function changesSince(root: string, before: Snapshot): string[] {
  const changes = [...before].flatMap(([path, was]) => {
    const is = describe(path)
    return is === was ? [] : [`${path} was ${was} and is ${is}`]
  })
  const now = readdirSync(root, { recursive: true }).length + 1
  return now === before.size ? changes : [...changes, `${root} had ${before.size} names and has ${now}`]
}

function describe(path: string): string {
  const info = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (info === undefined) return 'gone'
  return `inode ${info.ino} mode ${info.mode.toString(8)} owner ${info.uid} links ${info.nlink} size ${info.size} read ${info.atimeMs} written ${info.mtimeNs} changed ${info.ctimeNs}`
}

/** Files of ours that hold what only files outside held. */
export function leaksIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => lstatSync(path).size < 100_000 && readFileSync(path).includes(canary))
    .map((path) => `${path} holds what a file outside holds`)
}
