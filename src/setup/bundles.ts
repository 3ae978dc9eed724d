import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hashFolder, hashJson } from '../lib/hash.ts'
import { cacheFolder } from './cache-folder.ts'

const programs = ['inside/guard', 'inside/evaluate', 'inside/timer', 'gateway/main']
const source = fileURLToPath(new URL('../', import.meta.url))
/** A published package brings them built. */
const shipped = fileURLToPath(new URL('../../dist/inside', import.meta.url))
/** What the bundles are made of. */
const inputs = ['inside', 'gateway', 'lib', 'domain']

/**
 * The programs that run inside sandboxes, each bundled into one file, so that an image needs nothing of ours; and the
 * gateway, whose process is a third smaller without what reads TypeScript.
 */
export async function ensureBundles(): Promise<{ dir: string }> {
  if (existsSync(shipped)) return { dir: shipped }
  const hashes = await Promise.all(inputs.map((name) => hashFolder(join(source, name))))
  const dir = cacheFolder('bundles', hashJson(hashes.map(({ hash }) => hash)).slice(0, 16))
  if (existsSync(dir)) return { dir }
  const partial = `${dir}.${process.pid}`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true })
  const { rolldown } = await import('rolldown')
  for (const program of programs) {
    await using bundle = await rolldown({ input: join(source, `${program}.ts`), platform: 'node' })
    await bundle.write({ file: join(partial, bundleName(program)), format: 'esm' })
  }
  try {
    await rename(partial, dir)
  } catch (error) {
    if (!existsSync(dir)) throw error
    await rm(partial, { recursive: true, force: true }) // another process was quicker
  }
  return { dir }
}

/** `guard.mjs` of `inside/guard`, `gateway.mjs` of `gateway/main`. */
function bundleName(program: string): string {
  const [folder = '', file = ''] = program.split('/')
  return `${file === 'main' ? folder : file}.mjs`
}
