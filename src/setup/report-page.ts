import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hashFolder, hashJson, sha256 } from '../lib/hash.ts'

const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/**
 * The report page without data, as one HTML file: script and style are in it. A published package brings it built;
 * in a checkout it is built once per version of its sources, into the user's cache.
 */
export async function ensureReportTemplate(): Promise<string> {
  const shipped = join(projectRoot, 'dist', 'report-page', 'index.html')
  if (existsSync(shipped)) return await readFile(shipped, 'utf8')
  const sources = await hashFolder(join(projectRoot, 'web'))
  const builder = await readFile(fileURLToPath(import.meta.url), 'utf8')
  const lock = await readFile(join(projectRoot, 'package-lock.json'), 'utf8')
  const key = hashJson([sources.hash, sha256(lock), sha256(builder)]).slice(0, 20)
  const folder = join(cacheFolder(), 'report-page', key)
  const cached = join(folder, 'index.html')
  if (existsSync(cached)) return await readFile(cached, 'utf8')
  const page = await buildReportTemplate()
  const temporary = `${folder}.${process.pid}.tmp`
  await mkdir(temporary, { recursive: true })
  await writeFile(join(temporary, 'index.html'), page)
  // another process may have been faster: the content is the same
  await rename(temporary, folder).catch(() => rm(temporary, { recursive: true, force: true }))
  return page
}

function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME']
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'posttrainbench')
}

/** Builds `web/` and puts its script and style into the page. */
export async function buildReportTemplate(): Promise<string> {
  const [{ build }, { default: react }] = await Promise.all([import('vite'), import('@vitejs/plugin-react')])
  const built = await build({
    configFile: false,
    root: join(projectRoot, 'web'),
    logLevel: 'error',
    mode: 'production',
    plugins: [react()],
    build: {
      write: false,
      modulePreload: false,
      assetsInlineLimit: Number.MAX_SAFE_INTEGER,
      cssCodeSplit: false,
      target: 'es2023',
    },
  })
  const outputs = [built].flat().flatMap((one) => ('output' in one ? [...one.output] : []))
  const chunks = outputs.filter((file) => file.type === 'chunk')
  const [script] = chunks
  if (script === undefined || chunks.length !== 1) throw new Error(`expected one script, not ${chunks.length}`)
  const styles = outputs.flatMap((file) =>
    file.type === 'asset' && file.fileName.endsWith('.css') ? [asText(file.source)] : [],
  )
  const page = outputs.find((file) => file.type === 'asset' && file.fileName === 'index.html')
  if (page?.type !== 'asset') throw new Error('the build gave no page')
  const html = asText(page.source)
    .replaceAll(/\s*<script\b[^>]*\bsrc=[^>]*><\/script>/gu, '')
    .replaceAll(/\s*<link\b[^>]*\brel="stylesheet"[^>]*>/gu, '')
  return html
    .replace('</head>', () => `<style>${styles.join('\n').replaceAll('</style', '<\\/style')}</style>\n</head>`)
    .replace('</body>', () => `<script type="module">${escapeScript(script.code)}</script>\n</body>`)
}

/** Inside strings and regular expressions, where such text occurs, the escapes mean the same. */
function escapeScript(code: string): string {
  return code.trim().replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--')
}

function asText(source: string | Uint8Array): string {
  return typeof source === 'string' ? source : Buffer.from(source).toString('utf8')
}
