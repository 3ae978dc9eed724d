/**
 * `node docs/images/make.ts RESULTS`: every picture of the README and the documentation, from the folder of a finished
 * experiment, e.g. `results/demo`.
 */
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium, type Locator, type Page } from 'playwright-core'
import { writeReport } from '../../src/cli/report.ts'
import { chromiumArguments, findChromium } from '../../test/browser/find-chromium.ts'

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

const [results] = process.argv.slice(2)
const executablePath = findChromium()
if (results === undefined || executablePath === null)
  throw new Error('usage: node docs/images/make.ts RESULTS (needs Chromium)')

await using folder = await mkdtempDisposable(join(tmpdir(), 'ptb-images-'))
const report = join(folder.path, 'report.html')
await writeReport([results], report)
const browser = await chromium.launch({ executablePath, args: [...chromiumArguments] })
try {
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
} finally {
  await browser.close()
}
