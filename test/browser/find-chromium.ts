import { delimiter, join } from 'node:path'
import { isExecutable } from '../../src/lib/is-executable.ts'

/** A Chromium on this machine: `$PTB_CHROMIUM`, else the first one on the path; `null` when there is none. */
export function findChromium(): string | null {
  const named = process.env['PTB_CHROMIUM']
  if (named !== undefined && named !== '') return named
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin']
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable) ?? null
}

/** Nothing but what the page does: no updates, no metrics, no first-run pages. */
export const chromiumArguments: readonly string[] = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--no-first-run',
]
