import { readdirSync } from 'node:fs'
import type { Catalog } from '../run/catalog.ts'
import type { KnownNames } from '../run/plan/experiment-checks.ts'
import type { Harness } from '../run/harness.ts'

/** What an experiment file may name here. */
export function knownNames(harness: Harness, catalog: Catalog): KnownNames {
  return {
    protocols: catalog.protocols,
    baseModels: catalog.models.filter(({ role }) => role === 'base').map(({ id }) => id),
    engines: harness.engines.map(({ id }) => id),
    sandboxes: harness.sandboxes.map(({ id }) => id),
    gpus: countGpus(),
  }
}

/** Device nodes of NVIDIA's driver: all that the local scheduler could ever place a run on. */
function countGpus(): number {
  try {
    return readdirSync('/dev').filter((name) => /^nvidia\d+$/.test(name)).length
  } catch {
    return 0
  }
}
