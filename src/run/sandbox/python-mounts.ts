import { realpath } from 'node:fs/promises'
import { BenchError } from '../../domain/error.ts'
import type { Mount } from '../../domain/sandbox.ts'
import { runCommand } from '../../lib/process.ts'

const listPaths = `
import json, os, sys, sysconfig
paths = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path, *sysconfig.get_paths().values()}
print(json.dumps([path for path in paths if path and os.path.isdir(path)]))
`

/**
 * Where a Python interpreter and its packages lie, as read-only mounts at their own paths: virtual environments
 * know their base by its absolute path. What every sandbox shows of the host anyway is left out.
 */
export async function pythonMounts(python: string): Promise<Mount[]> {
  const result = await runCommand([python, '-I', '-c', listPaths], { timeoutMs: 30_000 })
  if (result.code !== 0)
    throw new BenchError(
      `${python} does not run: ${result.stderr.trim() || (result.error ?? 'no message')}`,
      {
        code: 'python/broken',
        kind: 'environment',
        remedy: 'Run `ptb setup` again, or name a working interpreter with --python.',
      },
    )
  const listed: unknown = JSON.parse(result.stdout)
  const paths = Array.isArray(listed) ? listed.filter((path) => typeof path === 'string') : []
  const real = await Promise.all(paths.map((path) => realpath(path)))
  return outermost([...paths, ...real])
    .filter((path) => !/^\/(usr|lib|lib64|bin)(\/|$)/.test(path))
    .map((path) => ({ source: path, target: path, mode: 'ro' }))
}

/** Drops every path that lies below another of them. */
function outermost(paths: readonly string[]): string[] {
  const unique = [...new Set(paths)].sort()
  return unique.filter((path) => !unique.some((other) => other !== path && path.startsWith(`${other}/`)))
}
