import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Protocol } from '../domain/protocol.ts'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { readCatalog, readProtocolFile, type Catalog } from '../run/catalog.ts'

/** Keeps the protocol beside the runs, so that they can be read without the config whose catalogue it came from. */
export async function recordProtocol(experimentPath: string, catalog: Catalog, id: string): Promise<void> {
  const file = recordPath(experimentPath, id)
  await mkdir(dirname(file), { recursive: true })
  await writeFileAtomic(file, await readFile(catalog.protocolFile(id), 'utf8'))
}

/** A protocol as it was recorded with the first of the experiments that has it; older results have the catalogue's. */
export async function readRecordedProtocol(
  experimentPaths: readonly string[],
  id: string,
): Promise<{ readonly protocol: Protocol; readonly text: string }> {
  const recorded = experimentPaths.map((path) => recordPath(path, id)).find((file) => existsSync(file))
  const file = recorded ?? (await readCatalog()).protocolFile(id)
  return { protocol: await readProtocolFile(file), text: await readFile(file, 'utf8') }
}

/** An id is free text, a file name is not. */
function recordPath(experimentPath: string, id: string): string {
  return join(experimentPath, 'protocols', `${encodeURIComponent(id)}.yaml`)
}
