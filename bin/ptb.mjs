#!/usr/bin/env node
// Plain JavaScript on purpose: it must parse under any Node a newcomer has, and only then finds the pinned one.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const REQUIRED_MAJOR = 24
const here = dirname(fileURLToPath(import.meta.url))
const entry = join(here, '..', 'src', 'cli', 'main.ts')

if (Number(process.versions.node.split('.')[0]) >= REQUIRED_MAJOR) {
  module.enableCompileCache()
  await import(pathToFileURL(entry).href)
} else {
  const pinned = findPinnedNode()
  if (pinned === undefined) {
    console.error(
      `ptb needs Node ${REQUIRED_MAJOR}; this is ${process.versions.node} and the pinned one is not installed.\n` +
        'Run `npm ci` in the project folder (with install scripts allowed), or put Node 24 first on PATH.',
    )
    process.exit(3)
  }
  const child = spawn(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  // The terminal sends Ctrl-C to both; who asked only us means the child.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 70)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** The `node` package keeps the real binary in a sibling package named after the platform. */
function findPinnedNode() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const require = createRequire(import.meta.url)
  for (const id of [`${name}/bin/node`, 'node/bin/node']) {
    try {
      const path = require.resolve(id)
      if (existsSync(path)) return path
    } catch {
      // not installed under this name
    }
  }
  return undefined
}
