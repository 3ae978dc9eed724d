import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { createScreenReader, type Screen } from '../../src/cli/watch/read-screen.ts'
import { renderScreen } from '../../src/cli/watch/screen.ts'

const size = { columns: 110, rows: 20 }
const longestWaitMs = 300_000

/** Of `ptb watch`, as soon as some runs have finished and one that is at work has evaluated itself. */
export async function takeWatchPicture(browser: Browser, results: string): Promise<void> {
  const reader = createScreenReader(results)
  const end = Date.now() + longestWaitMs
  let screen = await reader.read()
  while (!isTelling(screen) && Date.now() < end) {
    await new Promise((done) => setTimeout(done, 1000))
    screen = await reader.read()
  }
  const { lines } = renderScreen(screen, { ...size, colour: true, keys: 'q quits, j and k scroll' })
  const page = await browser.newPage({ viewport: { width: 1200, height: 700 }, deviceScaleFactor: 2 })
  await page.setContent(renderTerminal(lines))
  await page.locator('pre').screenshot({ path: fileURLToPath(new URL('watch.png', import.meta.url)) })
  await page.close()
}

function isTelling({ runs }: Screen): boolean {
  return (
    runs.filter(({ outcome }) => outcome !== null).length > 1 &&
    runs.some(({ solvingSince, selfEvaluation }) => solvingSince !== null && selfEvaluation !== null)
  )
}

const colours: Readonly<Record<string, string>> = {
  '1': 'font-weight:bold',
  '2': 'opacity:.6',
  '31': 'color:#ff7b72',
  '32': 'color:#7ee787',
  '33': 'color:#e3b341',
  '36': 'color:#79c0ff',
}

/** The few escape sequences that our own output has. */
function renderTerminal(lines: readonly string[]): string {
  const style =
    'display:inline-block;margin:0;padding:18px 22px;background:#0d1117;color:#e6edf3;font:14px/1.45 "DejaVu Sans Mono",monospace'
  return `<body style="margin:0"><pre style='${style}'>${lines.map(renderLine).join('\n')}</pre>`
}

function renderLine(line: string): string {
  let open = 0
  const html = line
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/\u001b\[([\d;]*)m/g, (_, codes: string) => {
      const style = codes.split(';').flatMap((code) => colours[code] ?? [])
      if (style.length === 0) {
        const closing = '</span>'.repeat(open)
        open = 0
        return closing
      }
      open++
      return `<span style="${style.join(';')}">`
    })
  return html + '</span>'.repeat(open)
}
