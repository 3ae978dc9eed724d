import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import type { ReportData } from '../../src/domain/report.ts'
import { renderHtmlReport } from '../../src/results/exporters/html-report.ts'
import { ensureReportTemplate } from '../../src/setup/report-page.ts'
import { syntheticReport } from '../fixtures/synthetic-report.ts'
import { chromiumArguments, findChromium } from './find-chromium.ts'

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

export const noBrowser =
  findChromium() === null
    ? ' (skipped: no Chromium found; install the package chromium, or name one in $PTB_CHROMIUM)'
    : ''

export interface View {
  readonly width: number
  readonly colorScheme: 'light' | 'dark'
}

export const wide: View = { width: 1440, colorScheme: 'light' }

export interface OpenPage extends AsyncDisposable {
  readonly page: Page
  /** Everything that it should not have done. */
  readonly faults: readonly string[]
}

export interface ReportBrowser extends AsyncDisposable {
  open(view: View, hash?: string): Promise<OpenPage>
}

/** A report, by default the synthetic one, in a real browser, from disk. */
export async function openReportBrowser(report?: ReportData): Promise<ReportBrowser> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'ptb-browser-'))
  const file = join(folder.path, 'report.html')
  const data = report ?? (await syntheticReport())
  await writeFile(file, renderHtmlReport(await ensureReportTemplate(), data))
  const url = pathToFileURL(file).href
  const browser = await chromium.launch({
    executablePath: findChromium() ?? '',
    args: [...chromiumArguments],
  })
  return {
    async open(view, hash = '') {
      const page = await browser.newPage({
        viewport: { width: view.width, height: 900 },
        colorScheme: view.colorScheme,
        reducedMotion: 'reduce',
      })
      page.setDefaultTimeout(10_000)
      const faults: string[] = []
      page.on('console', (message) => faults.push(`${message.type()}: ${message.text()}`))
      page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
      page.on('dialog', (dialog) => {
        faults.push(`dialog: ${dialog.message()}`)
        void dialog.dismiss()
      })
      page.on('request', (request) => {
        const target = request.url()
        // what is saved is made in the page itself
        const own = target.startsWith(url) || target.startsWith('data:') || target.startsWith('blob:')
        if (!own) faults.push(`request: ${target}`)
      })
      await page.goto(`${url}${hash}`)
      await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' })
      return { page, faults, [Symbol.asyncDispose]: () => page.close() }
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      await folder.remove()
    },
  }
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
  }[]
}

/**
 * Without its rule `skip-link`: it takes every link to a fragment for one, and this page, one file, has no others. The
 * debugger's evaluation is not subject to the page's policy, so axe-core needs no exception in it.
 */
export async function findAccessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(axePath, 'utf8'))
  const result = await page.evaluate<AxeResult>(
    `axe.run(document, { resultTypes: ['violations'], rules: { 'skip-link': { enabled: false } } })`,
  )
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`),
  )
}
