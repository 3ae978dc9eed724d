import { existsSync } from 'node:fs'
import { mkdir, statfs } from 'node:fs/promises'
import { cpus, freemem, totalmem } from 'node:os'
import { BenchError, exitCodes } from '../domain/error.ts'
import { runCommand } from '../lib/process.ts'
import { sandboxes } from '../sandboxes/registry.ts'
import { findSystemPython, readPythonEnvironment } from '../setup/python.ts'
import { paint, usesColour } from './render.ts'

interface Check {
  readonly name: string
  readonly status: 'ok' | 'note' | 'missing'
  readonly detail: string
  readonly remedy?: string
}

/** What this machine can do, found out by doing it. Exits with 3 when something that every run needs is missing. */
export async function runDoctor(options: { readonly results: string; readonly json: boolean }): Promise<number> {
  const checks = [
    checkNode(),
    await checkPython(),
    await checkEnvironment(),
    await checkUserNamespaces(),
    ...(await checkSandboxes()),
    await checkLocks(),
    checkMachine(),
    await checkDisk(options.results),
    await checkChromium(),
  ]
  if (options.json) console.log(JSON.stringify(checks, null, 2))
  else console.log(renderChecks(checks))
  return checks.some(({ status }) => status === 'missing') ? exitCodes.environment : exitCodes.ok
}

function renderChecks(checks: readonly Check[]): string {
  const ink = paint(usesColour(process.stdout))
  const mark = { ok: ink('green', 'ok     '), note: ink('yellow', 'note   '), missing: ink('red', 'missing') }
  const width = Math.max(...checks.map(({ name }) => name.length))
  return checks
    .flatMap(({ name, status, detail, remedy }) => [
      `${mark[status]} ${name.padEnd(width)}  ${detail}`,
      ...(remedy === undefined ? [] : [`${' '.repeat(width + 10)}${ink('dim', remedy)}`]),
    ])
    .join('\n')
}

function checkNode(): Check {
  return { name: 'Node', status: 'ok', detail: process.versions.node }
}

async function checkPython(): Promise<Check> {
  try {
    const { python, version } = await findSystemPython()
    return { name: 'Python', status: 'ok', detail: `${version} (${python}), with venv and pip` }
  } catch (error) {
    if (!(error instanceof BenchError)) throw error
    return {
      name: 'Python',
      status: process.env['PTB_PYTHON'] ? 'note' : 'missing',
      detail: error.message,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    }
  }
}

async function checkEnvironment(): Promise<Check> {
  const name = 'environment'
  const environment = await readPythonEnvironment()
  if (environment === null)
    return { name, status: 'note', detail: 'not set up yet', remedy: 'Run `ptb setup`; other commands do it when they need it.' }
  const result = await runCommand([environment.python, '-c', 'import torch, transformers'], { timeoutMs: 120_000 })
  const versions = Object.entries(environment.versions).map(([key, version]) => `${key} ${version}`)
  return result.code === 0
    ? { name, status: 'ok', detail: `${versions.join(', ')}; imports in ${(result.durationMs / 1000).toFixed(1)} s` }
    : { name, status: 'missing', detail: 'it does not import', remedy: `Delete ${environment.path} and run \`ptb setup\`.` }
}

async function checkUserNamespaces(): Promise<Check> {
  const name = 'user namespaces'
  const result = await runCommand(['unshare', '--user', '--map-current-user', 'true'], { timeoutMs: 10_000 })
  if (result.code === 0) return { name, status: 'ok', detail: 'an unprivileged one could be made' }
  return {
    name,
    status: 'note',
    detail: result.stderr.trim() || (result.error ?? 'could not be made'),
    remedy: 'sysctl -w user.max_user_namespaces=15000; on Ubuntu also kernel.apparmor_restrict_unprivileged_userns=0.',
  }
}

async function checkSandboxes(): Promise<Check[]> {
  return Promise.all(
    sandboxes.map(async (sandbox): Promise<Check> => {
      const { available, detail, remedy, flags } = await sandbox.probe()
      const name = `sandbox ${sandbox.id}`
      if (!available) return { name, status: 'note', detail, ...(remedy === undefined ? {} : { remedy }) }
      const guarantees = [
        flags.isolatesFiles ? 'files' : null,
        flags.isolatesNetwork ? 'network' : null,
        flags.isolatesProcesses ? 'processes (death can be proven)' : null,
      ].filter((text) => text !== null)
      return {
        name,
        status: flags.isolatesFiles ? 'ok' : 'note',
        detail: `${detail}; isolates ${guarantees.length === 0 ? 'nothing' : guarantees.join(', ')}`,
      }
    }),
  )
}

async function checkLocks(): Promise<Check> {
  if (process.platform !== 'linux') return { name: 'locks', status: 'note', detail: 'by files: a crash may leave one behind for a while' }
  const result = await runCommand(['flock', '--version'], { timeoutMs: 10_000 })
  if (result.code === 0) return { name: 'locks', status: 'ok', detail: result.stdout.trim() }
  return { name: 'locks', status: 'missing', detail: 'the program flock is missing', remedy: 'Install util-linux.' }
}

function checkMachine(): Check {
  const gib = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1)
  const enough = totalmem() > 3 * 1024 ** 3
  return {
    name: 'machine',
    status: enough ? 'ok' : 'note',
    detail: `${cpus().length} cores, ${gib(freemem())} of ${gib(totalmem())} GiB of memory free`,
    ...(enough ? {} : { remedy: 'Runs of the nano tier need about 1.5 GiB each: set scheduler.slots to 1.' }),
  }
}

async function checkDisk(results: string): Promise<Check> {
  try {
    await mkdir(results, { recursive: true })
    const { bavail, bsize } = await statfs(results)
    const gib = (bavail * bsize) / 1024 ** 3
    return {
      name: 'disk',
      status: gib < 1 ? 'missing' : gib < 10 ? 'note' : 'ok',
      detail: `${gib.toFixed(1)} GiB free for ${results}`,
      ...(gib < 10 ? { remedy: 'The environment takes up to 5 GiB, a run of the nano tier a few MiB.' } : {}),
    }
  } catch (error) {
    return {
      name: 'disk',
      status: 'missing',
      detail: `${results} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      remedy: 'Name a folder of yours with --results.',
    }
  }
}

async function checkChromium(): Promise<Check> {
  const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))
  return found === undefined
    ? { name: 'Chromium', status: 'note', detail: 'not found; only browser tests need it' }
    : { name: 'Chromium', status: 'ok', detail: `${found}; only browser tests need it` }
}
