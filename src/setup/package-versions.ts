import * as z from 'zod'
import { runCommand } from '../lib/process.ts'

const program = `
import json, sys
from importlib import metadata
found = {}
for name in sys.argv[1:]:
    try: found[name] = metadata.version(name)
    except metadata.PackageNotFoundError: pass
print(json.dumps(found))
`

/** The versions of those packages that an interpreter has; quick, for nothing is imported. */
export async function readPackageVersions(
  python: string,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const result = await runCommand([python, '-I', '-c', program, ...names], { timeoutMs: 30_000 })
  if (result.code !== 0) return {}
  return z.record(z.string(), z.string()).parse(JSON.parse(result.stdout))
}
