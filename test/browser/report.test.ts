import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findAlive } from '../faults/text/hostile-text.ts'
import { poisonReport } from '../faults/text/poison-report.ts'
import { hostile, syntheticReport } from '../fixtures/synthetic-report.ts'
import {
  findAccessibilityFaults,
  noBrowser,
  openReportBrowser,
  wide,
  type ReportBrowser,
} from './open-report.ts'

/** Where screenshots go; none are made without it. */
const screenshots = process.env['PTB_SCREENSHOTS']

const views = [
  wide,
  { width: 1440, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
] as const

/** Elements and attributes that the page never makes itself, and links that lead out of it. */
const findForeignElements = `[...document.querySelectorAll('*')].flatMap((element) => {
  const attributes = [...element.attributes]
  const foreign =
    /^(IMG|IFRAME|OBJECT|EMBED|BASE|FORM|AUDIO|VIDEO|FRAME|MATH|TEMPLATE)$/.test(element.tagName) ||
    attributes.some(({ name }) => /^on/.test(name)) ||
    (element.tagName !== 'LINK' && attributes.some(({ value }) => /^\\s*(javascript|data):/i.test(value))) ||
    (element.tagName === 'A' && !/^#/.test(element.getAttribute('href') ?? '#')) ||
    (element.tagName === 'META' && /refresh/i.test(element.httpEquiv))
  return foreign ? [element.outerHTML.slice(0, 200)] : []
})`

describe.skipIf(noBrowser !== '')(`the report in a browser${noBrowser}`, () => {
  let reports: ReportBrowser

  beforeAll(async () => {
    reports = await openReportBrowser()
  }, 180_000)

  afterAll(async () => {
    await reports[Symbol.asyncDispose]()
  })

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
    await using opened = await reports.open(view)
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
    await using opened = await reports.open(view)
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
    expect(text).toContain('Other work on the machine: mean 0.39, at most 1.3 of 4 cores.')
    expect(await panel.getByRole('row', { name: /^memory/u }).textContent()).toContain(
      '2 GiBexceededthe kernel',
    )
    // its other table has more cells than axe-core gets through in a test
    await panel.getByRole('button', { name: /^table of Score over time/u }).click()
    await panel.getByRole('link', { name: 'workspace/data/mix.jsonl:19' }).click()
    await checkPage(page, `report-run-${view.colorScheme}-${view.width}`)
    expect(faults).toEqual([])
  })

  test('shows hostile text as text', async () => {
    await using opened = await reports.open(wide)
    const { page, faults } = opened
    await page.getByRole('link', { name: /copycat on arithmetic/u }).click()
    const log = (await page.getByRole('region', { name: 'Output of the agent' }).textContent()) ?? ''
    expect(log).toContain(hostile.markup)
    expect(log).toContain(hostile.script)
    expect(log).toContain(hostile.dollars)
    expect(log).toMatch(/\d+red\u2407\n/u)
    expect(log).toContain('invoice<U+202E>gpj.exe <U+2066>hidden<U+2069> zero<U+200B>width')
    expect(await page.locator('img, iframe, object, embed, svg[onload], a[href*="evil"]').count()).toBe(0)
    expect(faults).toEqual([])
  })

  test('shows hostile text as text in every field that is not a word of ours', async () => {
    const { report, poisoned } = poisonReport(await syntheticReport())
    // those of the schema that may hold any text
    expect(poisoned.length).toBeGreaterThan(50)
    await using hostileReports = await openReportBrowser(report)
    await using opened = await hostileReports.open(wide)
    const { page, faults } = opened
    const check = async (): Promise<void> => {
      expect(await page.evaluate<unknown>('window.broken')).toBeUndefined()
      expect(await page.evaluate<string[]>(findForeignElements)).toEqual([])
      const shown = await page.evaluate<string>('document.title + document.body.innerText')
      expect(findAlive(shown, { coloured: false })).toEqual([])
      expect(shown).toContain(hostile.script)
      // nor does it push anything out of sight
      expect(await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')).toBe(0)
    }
    await check()
    const runs = page.locator('.runs tbody a')
    for (const outcome of ['flagged', 'no_model', 'infra_failure']) {
      const at = report.runs.findIndex((run) => run.outcome?.kind === outcome)
      await runs.nth(at).click()
      const panel = page.getByRole('dialog')
      await panel.waitFor()
      await page.evaluate(
        `document.querySelectorAll('dialog button[aria-expanded="false"], summary, [role=dialog] button[aria-expanded="false"]').forEach((one) => one.click())`,
      )
      await check()
      await page.keyboard.press('Escape')
      await panel.waitFor({ state: 'detached' })
    }
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'SVG of the leaderboard' }).click(),
    ])
    const picture = await readFile(await download.path(), 'utf8')
    expect(picture).not.toMatch(/<(?:script|img|foreignObject|image|use|a)\b|\son\w+=|href=/u)
    expect(faults).toEqual([])
  })

  test('runs nothing that is not its own', async () => {
    await using opened = await reports.open(wide)
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
    await using opened = await reports.open(wide)
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
    await using opened = await reports.open(wide)
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
    await using linked = await reports.open(wide, hash)
    expect(await linked.page.getByRole('dialog').textContent()).toContain('no_model/broken_header')
    await using lost = await reports.open(wide, '#run/no-such-run')
    expect(await lost.page.getByRole('alert').textContent()).toContain('There is no run no-such-run')
    expect([...faults, ...linked.faults, ...lost.faults]).toEqual([])
  })
})
