/** `node docs/images/make.ts REPORT.html`: the pictures of the README, from the report of a real run. */
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { chromiumArguments, findChromium } from '../../test/browser/find-chromium.ts'

const [report] = process.argv.slice(2)
const executablePath = findChromium()
if (report === undefined || executablePath === null)
  throw new Error('usage: node docs/images/make.ts REPORT.html (needs Chromium)')

const browser = await chromium.launch({ executablePath, args: [...chromiumArguments] })
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme, deviceScaleFactor: 1 })
    await page.goto(pathToFileURL(resolve(report)).href)
    await page.screenshot({ path: fileURLToPath(new URL(`report-${colorScheme}.png`, import.meta.url)) })
    await page.close()
  }
} finally {
  await browser.close()
}
