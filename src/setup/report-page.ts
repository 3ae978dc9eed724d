import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { hashFile, hashFolder, hashJson } from '../lib/hash.ts'

const here = dirname(fileURLToPath(import.meta.url))
const projectRoot = join(here, '..', '..')
const builder = join(here, 'build-report-page.ts')

/**
 * The report page without data, as one HTML file: script and style are in it. A published package brings it built;
 * in a checkout it is built once per version of its sources, into the user's cache.
 */
export async function ensureReportTemplate(): Promise<string> {
  const shipped = join(projectRoot, 'dist', 'report-page', 'index.html')
  if (existsSync(shipped)) return await readFile(shipped, 'utf8')
  const { hash } = await hashFolder(join(projectRoot, 'web'))
  const others = await Promise.all([join(projectRoot, 'package-lock.json'), builder].map(hashFile))
  const key = hashJson([hash, ...others]).slice(0, 20)
  const cached = join(cacheFolder(), 'report-page', key, 'index.html')
  if (!existsSync(cached)) await promisify(execFile)(process.execPath, [builder, cached])
  return await readFile(cached, 'utf8')
}

function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME']
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'posttrainbench')
}
