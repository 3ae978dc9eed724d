import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderHtmlReport } from '../../src/results/exporters/html-report.ts'
import { ensureReportTemplate } from '../../src/setup/report-page.ts'
import { hostile, syntheticReport } from '../fixtures/synthetic-report.ts'
import { chromiumArguments, findChromium } from './find-chromium.ts'

const executablePath = findChromium()
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
/** Where screenshots go; none are made without it. */
const screenshots = process.env['PTB_SCREENSHOTS']

const views = [
  { width: 1440, colorScheme: 'light' },
  { width: 1440, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
] as const

const missing =
  executablePath === null
    ? ' (skipped: no Chromium found; install the package chromium, or name one in $PTB_CHROMIUM)'
    : ''

describe.skipIf(executablePath === null)(`the report in a browser${missing}`, () => {
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>
  let browser: Browser
  let url: string

  beforeAll(async () => {
    folder = await mkdtempDisposable(join(tmpdir(), 'ptb-browser-'))
    const file = join(folder.path, 'report.html')
    await writeFile(file, renderHtmlReport(await ensureReportTemplate(), await syntheticReport()))
    url = pathToFileURL(file).href
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: [...chromiumArguments] })
  }, 180_000)

  afterAll(async () => {
    await browser.close()
    await folder.remove()
  })

  /** A page that remembers everything it should not have done. */
  async function openPage(view: (typeof views)[number], hash = '') {
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
      if (!target.startsWith(url) && !target.startsWith('data:')) faults.push(`request: ${target}`)
    })
    await page.goto(`${url}${hash}`)
    await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' })
    return { page, faults, [Symbol.asyncDispose]: () => page.close() }
  }

  async function checkPage(page: Page, name: string): Promise<void> {
    // how far content reaches beyond the window: a clipped overflow does not count, a scrolling page does
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')).toBe(0)
    expect(await page.evaluate<unknown>('window.broken')).toBeUndefined()
    if (screenshots !== undefined) {
      await mkdir(screenshots, { recursive: true })
      await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: !name.includes('run') })
    }
    expect(await findAccessibilityFaults(page)).toEqual([])
  }

  test.each(views)('shows board and runs at $width px, $colorScheme', async (view) => {
    await using opened = await openPage(view)
    const { page, faults } = opened
    const strong = page.getByRole('row', { name: /strong-tuner/u }).first()
    expect(await strong.textContent()).toMatch(/1strong-tuner0\.650/u)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(`nano demo ${hostile.script}`)
    const warnings = await page.getByRole('list', { name: 'Warnings' }).textContent()
    expect(warnings).toContain('in 1 run of copycat')
    expect(warnings).toContain('unlucky has no score for arithmetic')
    await checkPage(page, `report-${view.colorScheme}-${view.width}`)
    expect(faults).toEqual([])
  })

  test.each(views)('shows a run with its evidence at $width px, $colorScheme', async (view) => {
    await using opened = await openPage(view)
    const { page, faults } = opened
    await page.getByRole('link', { name: /copycat on arithmetic/u }).click()
    const panel = page.getByRole('dialog')
    expect(await panel.getAttribute('aria-labelledby')).toBe('run-title')
    const text = (await panel.textContent()) ?? ''
    expect(text).toContain('Counts the base model’s zero-shot score, 0.100, in place of its own, 0.950')
    expect(text).toContain('37 of 40 test items occur word for word')
    expect(text).toContain('workspace/data/mix.jsonl:12')
    expect(text).toMatch(/by operator Ada.*superseded.*by policy default/u)
    expect(text).toContain('solve 4 min')
    await checkPage(page, `report-run-${view.colorScheme}-${view.width}`)
    expect(faults).toEqual([])
  })

  test('shows hostile text as text', async () => {
    await using opened = await openPage(views[0])
    const { page, faults } = opened
    await page.getByRole('link', { name: /copycat on arithmetic/u }).click()
    const log = (await page.getByRole('region', { name: 'Output of the agent' }).textContent()) ?? ''
    expect(log).toContain(hostile.markup)
    expect(log).toContain(hostile.script)
    expect(log).toContain(hostile.dollars)
    expect(log).toContain('\nred\u2407\n')
    expect(log).toContain('invoice<U+202E>gpj.exe <U+2066>hidden<U+2069> zero<U+200B>width')
    expect(await page.locator('img, iframe, object, embed, svg[onload], a[href*="evil"]').count()).toBe(0)
    expect(faults).toEqual([])
  })

  test('runs nothing that is not its own', async () => {
    await using opened = await openPage(views[0])
    const { page } = opened
    await page.evaluate(`{
      const script = document.createElement('script')
      script.textContent = 'window.broken = 1'
      document.body.append(script)
      const button = document.createElement('div')
      button.innerHTML = '<img src="x" onerror="window.broken = 2">'
      document.body.append(button)
    }`)
    await page.waitForTimeout(100)
    expect(await page.evaluate<unknown>('window.broken')).toBeUndefined()
    const requests: string[] = []
    const server = createServer((request, response) => {
      requests.push(request.url ?? '')
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await page.evaluate(`fetch('http://127.0.0.1:${port}/fetch', { mode: 'no-cors' }).catch(() => null)`)
    await page.evaluate(`new Promise((resolve) => {
      const image = new Image()
      image.onload = image.onerror = resolve
      image.src = 'http://127.0.0.1:${port}/image'
    })`)
    server.close()
    expect(requests).toEqual([])
  })

  test('filters by outcome and agent', async () => {
    await using opened = await openPage(views[0])
    const { page, faults } = opened
    const rows = page.locator('.runs tbody tr')
    expect(await rows.count()).toBe(25)
    await page.getByRole('button', { name: /^flagged/u }).click()
    expect(await rows.count()).toBe(1)
    await page.getByRole('button', { name: /^all/u }).click()
    await page.getByLabel('agent').selectOption({ label: 'unlucky' })
    expect(await rows.count()).toBe(2)
    await page.getByRole('button', { name: 'weak-tuner' }).click()
    expect(await rows.count()).toBe(6)
    expect(faults).toEqual([])
  })

  test('is read with the keyboard alone, and a run has an address', async () => {
    await using opened = await openPage(views[0])
    const { page, faults } = opened
    await page.getByRole('link', { name: /copycat on tools/u }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    const hash = await page.evaluate<string>('window.location.hash')
    expect(hash).toMatch(/^#run\/r-/u)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.evaluate<string>('window.location.hash')).toBe('')
    await page.goBack()
    await page.getByRole('dialog').waitFor()
    await page.goBack()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await using linked = await openPage(views[0], hash)
    expect(await linked.page.getByRole('dialog').textContent()).toContain('no_model/broken_header')
    await using lost = await openPage(views[0], '#run/no-such-run')
    expect(await lost.page.getByRole('alert').textContent()).toContain('There is no run no-such-run')
    expect([...faults, ...linked.faults, ...lost.faults]).toEqual([])
  })
})

interface AxeResult {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
  }[]
}

/** The debugger's evaluation is not subject to the page's policy, so axe-core needs no exception in it. */
async function findAccessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(axePath, 'utf8'))
  const result = await page.evaluate<AxeResult>('axe.run(document, { resultTypes: ["violations"] })')
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`),
  )
}
