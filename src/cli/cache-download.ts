import type { CacheEntry } from '../data/cache-entry.ts'
import { BenchError, exitCodes } from '../domain/error.ts'
import { openHub, selectEntries, type Selection } from './cache-entries.ts'
import { createDownloadView } from './download-view.ts'
import { renderError, usesColour } from './render.ts'

interface DownloadOptions extends Selection {
  readonly json: boolean
  readonly endpoint?: string | undefined
  readonly tokenFile?: string | undefined
}

interface Result {
  readonly id: string
  readonly outcome: 'downloaded' | 'was here' | 'failed' | 'left out'
  readonly error?: { readonly code: string; readonly message: string }
}

/** Downloads one after the other; what fails does not keep the others from it. */
export async function downloadCache(options: DownloadOptions): Promise<void> {
  const { entries, named } = await selectEntries(options)
  if (!named)
    throw new BenchError('nothing to download is named', {
      code: 'cache/nothing_named',
      kind: 'usage',
      remedy: 'Name data or models (`ptb cache plan` lists them), or give --experiment FILE or --all.',
    })
  const hub = openHub(options)
  const results: Result[] = []
  for (const [index, entry] of entries.entries()) {
    const label = entries.length === 1 ? entry.id : `${index + 1}/${entries.length} ${entry.id}`
    results.push(await downloadOne(entry, label, hub))
  }
  if (options.json) console.log(JSON.stringify({ results }, null, 2))
  if (results.some(({ outcome }) => outcome === 'failed')) process.exitCode = exitCodes.environment
}

async function downloadOne(
  entry: CacheEntry,
  label: string,
  hub: ReturnType<typeof openHub>,
): Promise<Result> {
  const { id } = entry
  const { status, path } = await entry.state()
  if (status === 'here' || status === 'own') {
    process.stderr.write(`${label}: here, ${path}\n`)
    return { id, outcome: 'was here' }
  }
  // an operator who wants it has it; everybody else is not kept from what they do want
  if (status === 'to supply' && entry.optional) return { id, outcome: 'left out' }
  const view = createDownloadView({ label, stream: process.stderr })
  try {
    await entry.download({ hub, progress: view })
    view.end()
    process.stderr.write(`${label}: downloaded and verified, ${(await entry.state()).path}\n`)
    return { id, outcome: 'downloaded' }
  } catch (error) {
    view.end()
    if (!(error instanceof BenchError)) throw error
    process.stderr.write(`${renderError(error, { colour: usesColour(process.stderr) })}\n`)
    return { id, outcome: 'failed', error: { code: error.code, message: error.message } }
  }
}
