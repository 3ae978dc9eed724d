/**
 * `node docs/images/make.ts`: every picture of the README and the documentation. Runs the demo in a temporary folder, some
 * minutes long; on a machine that is busy with other things the pictures say so.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { chromiumArguments, findChromium } from '../../test/browser/find-chromium.ts'
import { takeReportPictures } from './report-pictures.ts'
import { takeWatchPicture } from './watch-picture.ts'

const executablePath = findChromium()
if (executablePath === null) throw new Error('needs Chromium')

const root = fileURLToPath(new URL('../../', import.meta.url))
await using folder = await mkdtempDisposable(join(tmpdir(), 'ptb-images-'))
const demo = spawn(
  process.execPath,
  [join(root, 'bin/ptb.mjs'), 'run', join(root, 'nano/demo.yaml'), '--results', folder.path],
  { stdio: 'inherit' },
)
const ended = once(demo, 'exit')
const browser = await chromium.launch({ executablePath, args: [...chromiumArguments] })
try {
  await takeWatchPicture(browser, join(folder.path, 'demo'))
  await ended
  await takeReportPictures(browser, join(folder.path, 'demo'))
} finally {
  await browser.close()
}
