import type { Family, HostileCase } from './case.ts'
import { code, indexes } from './content.ts'
import { headers } from './headers.ts'
import { json } from './json.ts'
import { kinds, permissions, sizes } from './kinds.ts'
import { hardLinks, links } from './links.ts'
import { names } from './names.ts'
import { races } from './races.ts'

export const families: readonly Family[] = [
  links,
  hardLinks,
  kinds,
  sizes,
  names,
  permissions,
  code,
  indexes,
  headers,
  json,
  races,
]

/** Why a case cannot be played here, or `null`. */
export function whyNot({ name, tier, as }: HostileCase): string | null {
  if (tier === 'full' && process.env['PTB_FAULTS_FULL'] === undefined) return 'set PTB_FAULTS_FULL'
  if (as === undefined && / (character|block) device /.test(` ${name}`) && process.getuid?.() !== 0)
    return 'only root makes device nodes'
  return null
}
