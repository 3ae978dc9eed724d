import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Browser, Locator, Page } from 'playwright-core'
import { writeReport } from '../../src/cli/report.ts'

interface Picture {
  readonly name: string
  readonly height: number
  /** Brings the page to where the picture is taken; what it returns is pictured, else the window. */
  readonly prepare: (page: Page) => Promise<Locator | null>
}

/** The run with the most to see: one that a verdict stands against, else the first. */
async function openRun(page: Page): Promise<Locator> {
  const rows = page.locator('.runs tbody tr')
  const flagged = rows.filter({ has: page.locator('.chip.flagged') })
  const row = (await flagged.count()) > 0 ? flagged.last() : rows.first()
  await row.getByRole('link').click()
  return page.getByRole('dialog')
}

const pictures: readonly Picture[] = [
  { name: 'report', height: 900, prepare: async () => null },
  {
    name: 'score-over-time',
    height: 900,
    prepare: async (page) => page.locator('section').filter({ has: page.locator('#time-title') }),
  },
  {
    name: 'run',
    height: 1200,
    prepare: async (page) => {
      const opens = (await openRun(page)).locator('.opens').first()
      if ((await opens.count()) > 0) await opens.click()
      await page.waitForTimeout(500) // it scrolls there by itself
      await page.locator('.panel').evaluate('(panel) => panel.scrollTo(0, 0)')
      return page.locator('.panel')
    },
  },
  {
    name: 'timeline',
    height: 1200,
    prepare: async (page) => {
      await page.locator('.runs tbody tr').first().getByRole('link').click()
      return page.locator('.panel .timeline')
    },
  },
]

/** Of the report on a finished experiment, light and dark. */
export async function takeReportPictures(browser: Browser, results: string): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'ptb-images-'))
  const report = join(folder.path, 'report.html')
  await writeReport([results], report)
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const { name, height, ...picture } of pictures) {
      const page = await browser.newPage({
        viewport: { width: 1440, height },
        colorScheme,
        reducedMotion: 'reduce',
      })
      await page.goto(pathToFileURL(report).href)
      const pictured = (await picture.prepare(page)) ?? page
      await page.mouse.move(0, 0)
      const path = fileURLToPath(new URL(`${name}-${colorScheme}.png`, import.meta.url))
      await pictured.screenshot({ path })
      await page.close()
    }
  }
}
