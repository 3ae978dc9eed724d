import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Program: `node src/setup/build-report-page.ts FILE` builds `web/` and writes it, script and style inside, as one
 * HTML file. A process of its own, because React and Vite take the kind of build from NODE_ENV, which belongs to
 * the caller.
 */
const [target] = process.argv.slice(2)
if (target !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  process.env['NODE_ENV'] = 'production'
  const page = await buildReportPage()
  await mkdir(dirname(target), { recursive: true })
  // another process may be at the same: the last complete file stays
  await writeFile(`${target}.${process.pid}.tmp`, page)
  await rename(`${target}.${process.pid}.tmp`, target)
}

async function buildReportPage(): Promise<string> {
  const [{ build }, { default: react }] = await Promise.all([import('vite'), import('@vitejs/plugin-react')])
  const built = await build({
    configFile: false,
    root: join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'web'),
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
  if (script === undefined || chunks.length !== 1)
    throw new Error(`expected one script, not ${chunks.length}`)
  const styles = outputs.flatMap((file) =>
    file.type === 'asset' && file.fileName.endsWith('.css') ? [asText(file.source)] : [],
  )
  const page = outputs.find((file) => file.type === 'asset' && file.fileName === 'index.html')
  if (page?.type !== 'asset') throw new Error('the build gave no page')
  const html = asText(page.source)
    .replaceAll(/\s*<script\b[^>]*\bsrc=[^>]*><\/script>/gu, '')
    .replaceAll(/\s*<link\b[^>]*\brel="stylesheet"[^>]*>/gu, '')
  return html
    .replace(
      '</head>',
      () => `<style>${styles.join('\n').replaceAll('</style', '<\\/style')}</style>\n</head>`,
    )
    .replace('</body>', () => `<script type="module">${escapeScript(script.code)}</script>\n</body>`)
}

/** Inside strings and regular expressions, where such text occurs, the escapes mean the same. */
function escapeScript(code: string): string {
  return code.trim().replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--')
}

function asText(source: string | Uint8Array): string {
  return typeof source === 'string' ? source : Buffer.from(source).toString('utf8')
}
