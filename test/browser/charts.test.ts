import { readFile } from 'node:fs/promises'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  findAccessibilityFaults,
  noBrowser,
  openReportBrowser,
  wide,
  type ReportBrowser,
} from './open-report.ts'

describe.skipIf(noBrowser !== '')(`the charts of the report${noBrowser}`, () => {
  let reports: ReportBrowser

  beforeAll(async () => {
    reports = await openReportBrowser()
  }, 180_000)

  afterAll(async () => {
    await reports[Symbol.asyncDispose]()
  })

  const overview = (page: Page): Locator =>
    page.getByRole('figure').filter({ has: page.getByRole('application', { name: 'Score over time on' }) })

  async function save(page: Page, button: Locator): Promise<{ name: string; text: string }> {
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()])
    return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') }
  }

  test('score over time names every run, and shows what does not count', async () => {
    await using opened = await reports.open(wide)
    const { page, faults } = opened
    const chart = overview(page)
    const labels = await chart.locator('svg text').allTextContents()
    expect(labels).toEqual(
      expect.arrayContaining([
        'strong-tuner 1',
        'weak-tuner 3',
        'copycat 1 ✕',
        '0.900 instruct',
        '0.100 base',
      ]),
    )
    expect(await chart.locator('.mark-void').count()).toBe(2) // the run's, and the one in the key
    await page.getByRole('combobox', { name: 'benchmark' }).selectOption('tools')
    await page.getByRole('application', { name: 'Score over time on tools, tiny-base' }).waitFor()
    expect(await chart.locator('svg text').allTextContents()).toContain('0.600 instruct')
    await page.getByRole('button', { name: 'share of the budget' }).click()
    expect(await chart.locator('svg text').allTextContents()).toContain('75 %')
    expect(faults).toEqual([])
  })

  test('points are read with the arrow keys, and lead to their run', async () => {
    await using opened = await reports.open(wide)
    const { page, faults } = opened
    const plot = page.getByRole('application', { name: 'Score over time on arithmetic' })
    const readout = overview(page).getByRole('status')
    await plot.focus()
    await page.keyboard.press('ArrowRight')
    expect(await readout.textContent()).toMatch(
      /^strong-tuner 1 · .* · self-evaluation 0\.\d+ ± 0\.137 on 10 items$/u,
    )
    await page.keyboard.press('End')
    expect(await readout.textContent()).toMatch(
      /^strong-tuner 1 · .* · final score 0\.775 ± 0\.\d+ on 40 items$/u,
    )
    await page.keyboard.press('ArrowDown')
    expect(await readout.textContent()).toMatch(/^strong-tuner 2/u)
    expect(await plot.locator('.series.active').count()).toBe(1)
    await page.keyboard.press('Enter')
    expect(await page.getByRole('dialog').textContent()).toContain('strong-tuner on arithmetic')
    expect(await page.getByRole('dialog').textContent()).toContain('repeat 2')
    expect(faults).toEqual([])
  })

  test('the pointer picks out one series', async () => {
    await using opened = await reports.open(wide)
    const { page } = opened
    const mark = page
      .getByLabel(/^Score over time on arithmetic/u)
      .locator('.mark-final')
      .first()
    await mark.hover()
    expect(await overview(page).getByRole('status').textContent()).toContain('final score')
    expect(await page.locator('.series.dimmed').count()).toBeGreaterThan(3)
  })

  test('a chart is saved as a table, and as a picture that stands by itself', async () => {
    await using opened = await reports.open({ width: 1440, colorScheme: 'dark' })
    const { page, faults } = opened
    const csv = await save(
      page,
      page.getByRole('button', { name: 'CSV of Score over time on arithmetic, tiny-base' }),
    )
    expect(csv.name).toBe('score-over-time-arithmetic-tiny-base.csv')
    expect(csv.text.split('\r\n')[0]).toBe(
      'agent,repeat,run,kind,elapsed s,share of budget,accuracy,stderr,items,outcome,counts',
    )
    expect(csv.text).toMatch(/\ncopycat,1,r-\w+,final,[\d.]+,[\d.]+,0\.95,[\d.]+,40,flagged,base\r\n/u)
    const svg = await save(
      page,
      page.getByRole('button', { name: 'SVG of Score over time on arithmetic, tiny-base' }),
    )
    expect(svg.text).not.toMatch(/var\(|light-dark|class=|<script|foreignObject|href/u)
    expect(svg.text).toMatch(/<rect width="100%" height="100%" fill="rgb\(20, 22, 26\)"/u)
    await using alone = await reports.open(wide)
    const errors = await alone.page.evaluate<number>(
      `new DOMParser().parseFromString(${JSON.stringify(svg.text)}, 'image/svg+xml').querySelectorAll('parsererror').length`,
    )
    expect(errors).toBe(0)
    const board = await save(page, page.getByRole('button', { name: 'SVG of the leaderboard' }))
    expect(board.text).toContain('strong-tuner')
    const rows = await save(page, page.getByRole('button', { name: 'CSV of the leaderboard' }))
    expect(rows.text).toMatch(/\r\n1,strong-tuner,agent,yes,0\.65,/u)
    expect(faults).toEqual([])
  })

  test('a timeline shows phases, events, curves and limits over one axis', async () => {
    await using opened = await reports.open(wide)
    const { page, faults } = opened
    await page.getByRole('link', { name: /copycat on arithmetic/u }).click()
    const chart = page
      .getByRole('figure')
      .filter({ has: page.getByRole('application', { name: 'Timeline of attempt 1' }) })
    expect(await chart.locator('.plot .phase').count()).toBe(5)
    expect(await chart.locator('.plot .event.limit').count()).toBe(1)
    expect(await chart.locator('.plot .event.self_evaluation').count()).toBe(6)
    expect(await chart.locator('.curve').count()).toBe(5)
    expect(await chart.locator('svg text').allTextContents()).toEqual(
      expect.arrayContaining(['limit 2 GiB', 'limit 1', 'disk · limit 4 GiB, off the scale']),
    )
    const readout = chart.getByRole('status')
    await page.getByRole('application', { name: 'Timeline of attempt 1' }).focus()
    await page.keyboard.press('Home')
    expect(await readout.textContent()).toBe('prepare · 12 s, from −12 s')
    await page.keyboard.press('ArrowDown')
    expect(await readout.textContent()).toMatch(/self-evaluation/u)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Home')
    expect(await readout.textContent()).toBe('+0 s · busy cores of the agent 0.8')
    await chart.getByRole('button', { name: /^table/u }).click()
    expect(await chart.getByRole('row').count()).toBeGreaterThan(300)
    const csv = await save(page, chart.getByRole('button', { name: /^CSV/u }))
    expect(csv.text).toContain('busy cores of others,0,0,1.3,')
    expect(faults).toEqual([])
  })

  test('evidence opens where it stands, the log at its line, and the back button leads back', async () => {
    await using opened = await reports.open(wide)
    const { page, faults } = opened
    await page.getByRole('link', { name: /copycat on arithmetic/u }).click()
    const panel = page.getByRole('dialog')
    await panel.getByRole('link', { name: 'workspace/data/mix.jsonl:12' }).click()
    expect(await page.evaluate<string>('location.hash')).toMatch(/^#run\/r-\w+\/evidence\/1\.1$/u)
    const excerpt = panel.getByRole('region', { name: 'workspace/data/mix.jsonl:12 and the lines around it' })
    expect(await excerpt.getByRole('listitem').count()).toBe(7)
    expect(await excerpt.locator('.target .line-number').textContent()).toBe('12')
    await page.goBack()
    await excerpt.waitFor({ state: 'detached' })
    // what a click does before it clicks
    await panel.getByRole('link', { name: 'agent.log:9' }).scrollIntoViewIfNeeded()
    const before = await page.evaluate<number>(`document.querySelector('.panel').scrollTop`)
    await panel.getByRole('link', { name: 'agent.log:9' }).click()
    expect(await panel.locator('.log .target .line-number').textContent()).toBe('9')
    const box = await panel.locator('.log .target').boundingBox()
    expect(box?.y).toBeGreaterThan(0)
    expect(box?.y).toBeLessThan(880)
    const hash = await page.evaluate<string>('location.hash')
    await page.goBack()
    await panel.locator('.log .target').waitFor({ state: 'detached' })
    expect(await page.evaluate<number>(`document.querySelector('.panel').scrollTop`)).toBe(before)
    expect(before).toBeGreaterThan(0)
    await using linked = await reports.open(wide, hash)
    await linked.page.locator('.log .target').waitFor()
    expect(await linked.page.evaluate<string>('document.activeElement.textContent')).toBe('9')
    await using lost = await reports.open(wide, hash.replace(/\d+$/u, '50'))
    expect(await lost.page.getByRole('alert').textContent()).toBe(
      'Line 50 is not among those in this report.',
    )
    expect([...faults, ...linked.faults, ...lost.faults]).toEqual([])
  })

  test('colours follow the choice, and it is remembered', async () => {
    await using opened = await reports.open(wide)
    const { page, faults } = opened
    const ground = (): Promise<string> =>
      page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor')
    expect(await ground()).toBe('rgb(252, 252, 250)')
    await page.getByRole('button', { name: 'dark' }).click()
    expect(await ground()).toBe('rgb(20, 22, 26)')
    expect(await findAccessibilityFaults(page)).toEqual([])
    await page.reload()
    expect(await ground()).toBe('rgb(20, 22, 26)')
    expect(await page.getByRole('button', { name: 'dark' }).getAttribute('aria-pressed')).toBe('true')
    expect(faults).toEqual([])
  })

  test('keys filter, move, open, close and help', async () => {
    await using opened = await reports.open(wide)
    const { page, faults } = opened
    const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.textContent')
    await page.keyboard.press('/')
    await page.keyboard.type('weak tools')
    expect(await page.locator('.runs tbody tr').count()).toBe(3)
    await page.keyboard.press('Enter')
    expect(await focused()).toContain('repeat 1')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('j')
    await page.keyboard.press('k')
    expect(await focused()).toContain('weak-tuner on tools, tiny-base, repeat 2')
    await page.keyboard.press('Enter')
    const panel = page.getByRole('dialog')
    expect(await panel.textContent()).toContain('repeat 2')
    await page.keyboard.press('j')
    await page.getByText('tiny-base · repeat 3').waitFor()
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })
    await page.keyboard.press('?')
    expect(await page.getByRole('dialog', { name: 'Keys' }).textContent()).toContain('filter the runs')
    expect(await findAccessibilityFaults(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(faults).toEqual([])
  })

  test('on paper a run stands alone, without buttons', async () => {
    await using opened = await reports.open(wide)
    const { page } = opened
    await page.getByRole('link', { name: /copycat on arithmetic/u }).click()
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    expect(await page.locator('main').isVisible()).toBe(false)
    expect(await page.getByRole('button').filter({ visible: true }).count()).toBe(0)
    expect(await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor')).toBe(
      'rgb(252, 252, 250)',
    )
  })
})
