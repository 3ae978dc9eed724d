/** A process of the agent that outlived it: changes names and files as fast as it can until it is ended. */
import {
  appendFileSync,
  chmodSync,
  renameSync,
  truncateSync,
  writeFileSync,
  rmSync,
  mkdirSync,
  readFileSync,
} from 'node:fs'
import { join } from 'node:path'

const [live = '', action = '', name = '', other = ''] = process.argv.slice(2)
const path = join(live, name)
const aside = join(live, 'aside')
const content = ['resize', 'rewrite', 'retype'].includes(action) ? readFileSync(path) : Buffer.alloc(0)

const steps: Record<string, () => void> = {
  swap: () => {
    renameSync(path, aside)
    renameSync(join(live, other), path)
    renameSync(path, join(live, other))
    renameSync(aside, path)
  },
  vanish: () => {
    renameSync(path, aside)
    renameSync(aside, path)
  },
  resize: () => {
    appendFileSync(path, Buffer.alloc(100_000, 1))
    truncateSync(path, 3)
    truncateSync(path, content.length)
    writeFileSync(path, content)
  },
  rewrite: () => {
    writeFileSync(path, Buffer.alloc(content.length, 0x20))
    writeFileSync(path, content)
  },
  retype: () => {
    rmSync(path)
    mkdirSync(path)
    rmSync(path, { recursive: true })
    writeFileSync(path, content)
  },
  chmod: () => {
    chmodSync(path, 0)
    chmodSync(path, 0o755)
  },
}

process.stdout.write('ready\n')
for (const end = Date.now() + 20_000; Date.now() < end;) {
  try {
    steps[action]?.()
  } catch {
    // The seal may have changed something too.
  }
}
