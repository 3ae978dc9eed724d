// Preloaded with `node --import`: a file system that shows this process an older state of files for a while. For every
// file of one of the names in PTB_TEST_STALE ("names": […], "reads": N, "lines": N) the first reads see that many lines.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { basename } from 'node:path'

const { names, reads, lines } = JSON.parse(process.env.PTB_TEST_STALE)
const seen = new Map()
const readFile = fs.promises.readFile

fs.promises.readFile = async (path, ...rest) => {
  const content = await readFile(path, ...rest)
  if (typeof content !== 'string' || !names.includes(basename(String(path)))) return content
  const before = seen.get(path) ?? 0
  seen.set(path, before + 1)
  return before < reads
    ? content
        .split('\n')
        .slice(0, lines)
        .map((line) => `${line}\n`)
        .join('')
    : content
}
syncBuiltinESMExports()
