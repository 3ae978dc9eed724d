import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where everything lies that is built or downloaded once and can be made again. */
export function cacheFolder(...names: readonly string[]): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'posttrainbench', ...names)
}
