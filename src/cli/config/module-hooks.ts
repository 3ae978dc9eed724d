import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sha256 } from '../../lib/hash.ts'

const api = new URL('../../index.ts', import.meta.url).href
const ownSources = new URL('../../', import.meta.url).href

export interface ModuleRecording {
  /** sha256 of every local module that was loaded, by its path relative to the folder. */
  readonly files: ReadonlyMap<string, string>
  stop(): void
}

/**
 * Makes `posttrainbench` importable from any folder, and records what is loaded until it is stopped. Packages and our
 * own sources are not recorded: those are known by a lock file and by the version.
 */
export function recordModules(folder: string): ModuleRecording {
  const files = new Map<string, string>()
  // Stays: a leaf may import something when it is used.
  registerHooks({
    resolve(specifier, context, next) {
      return specifier === 'posttrainbench' ? { url: api, shortCircuit: true } : next(specifier, context)
    },
  })
  const recorder = registerHooks({
    load(url, context, next) {
      if (url.startsWith('file:') && !url.includes('/node_modules/') && !url.startsWith(ownSources)) {
        const path = fileURLToPath(url)
        files.set(relative(folder, path), sha256(readFileSync(path)))
      }
      return next(url, context)
    },
  })
  return { files, stop: () => recorder.deregister() }
}
