import { dirname, resolve } from 'node:path'
import type { DataFolders } from '../data/data-files.ts'
import { cacheFolder } from '../setup/cache-folder.ts'
import type { LoadedConfig } from './config/load-config.ts'

/** The operator's own folder of data: `--data`, else PTB_DATA, else what the config says. The cache comes after it. */
export function locateData(loaded: LoadedConfig | null, flag?: string): DataFolders {
  const named = flag ?? process.env['PTB_DATA']
  const cache = cacheFolder('data')
  if (named !== undefined && named !== '') return { own: resolve(named), cache }
  const own = loaded?.config.data
  return {
    own: loaded === null || own === undefined ? null : resolve(dirname(loaded.record.path), own),
    cache,
  }
}
