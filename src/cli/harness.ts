import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { agents } from '../agents/registry.ts'
import { benchmarks } from '../benchmarks/registry.ts'
import { engines } from '../engines/registry.ts'
import { detectors } from '../integrity/detectors/registry.ts'
import { readCatalog } from '../run/catalog.ts'
import type { Harness } from '../run/harness.ts'
import { sandboxes } from '../sandboxes/registry.ts'
import { ensureBundles } from '../setup/bundles.ts'
import { ensurePythonEnvironment } from '../setup/python.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The composition root: the only place that brings all leaves together. */
export function createHarness(): Harness {
  return {
    version: harnessVersion(),
    ptb: [process.execPath, `${root}bin/ptb.mjs`],
    agents,
    benchmarks,
    engines,
    sandboxes,
    detectors,
    catalog: () => readCatalog(),
    environmentsPath: `${root}environments`,
    python: () => ensurePythonEnvironment({ progress: (line) => process.stderr.write(`${line}\n`) }),
    bundles: ensureBundles,
  }
}

export function harnessVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : '0'
  return String(version)
}
