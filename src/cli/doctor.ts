import { constants, existsSync } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import { cpus, freemem, totalmem } from 'node:os'
import { dirname, resolve } from 'node:path'
import { isLocal } from '../domain/engine.ts'
import { BenchError, exitCodes } from '../domain/error.ts'
import type { LimitHolder } from '../domain/sandbox.ts'
import { runCommand } from '../lib/process.ts'
import { openLimitGroup } from '../run/sandbox/limit-group.ts'
import { sandboxes } from '../sandboxes/registry.ts'
import { engines } from '../engines/registry.ts'
import { readPackageVersions } from '../setup/package-versions.ts'
import { findSystemPython, readPythonEnvironment } from '../setup/python.ts'
import { testPython } from '../setup/python-self-test.ts'
import { diagnoseEngine } from './doctor/engines.ts'
import { diagnosePlatform, diagnoseUserNamespaces, readPlatformFacts } from './doctor/platform.ts'
import { paint, usesColour } from './render.ts'

interface Check {
  readonly name: string
  readonly status: 'ok' | 'note' | 'missing'
  readonly detail: string
  readonly remedy?: string
}

/** What this machine can do, found out by doing it. Exits with 3 when something that every run needs is missing. */
export async function runDoctor(options: {
  readonly results: string
  readonly json: boolean
}): Promise<number> {
  const checks = [
    ...(await checkPlatform()),
    checkNode(),
    await checkPython(),
    await checkEnvironment(),
    ...(await checkEngines()),
    ...(await checkSandboxes()),
    checkLimits(),
    await checkLocks(),
    checkMachine(),
    await checkGit(),
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
  try {
    const environment = await readPythonEnvironment()
    if (environment === null)
      return {
        name,
        status: 'note',
        detail: 'not set up yet',
        remedy: 'Run `ptb setup`; other commands do it when they need it.',
      }
    const started = performance.now()
    const versions = Object.entries(await testPython(environment.python)).map(
      ([key, version]) => `${key} ${version}`,
    )
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    return {
      name,
      status: 'ok',
      detail: `${versions.join(', ')}; loads a model and generates in ${seconds} s`,
    }
  } catch (error) {
    if (!(error instanceof BenchError)) throw error
    const own = process.env['PTB_PYTHON']
    const remedy = own ? (error.remedy ?? '') : 'Delete its folder and run `ptb setup`.'
    return { name, status: 'missing', detail: error.message, remedy }
  }
}

async function checkEngines(): Promise<Check[]> {
  const python = (await readPythonEnvironment().catch(() => null))?.python ?? null
  const local = engines.filter(isLocal)
  const names = local.flatMap(({ packages }) => packages ?? [])
  const versions = python === null ? {} : await readPackageVersions(python, names)
  const machine = { python, versions, gpu: existsSync('/dev/nvidiactl') }
  return local.map((engine) => ({ name: `engine ${engine.id}`, ...diagnoseEngine(engine, machine) }))
}

async function checkPlatform(): Promise<Check[]> {
  const result = await runCommand(['unshare', '--user', '--map-current-user', 'true'], { timeoutMs: 10_000 })
  const refused = result.code === 0 ? null : result.stderr.trim() || (result.error ?? 'refused')
  const facts = readPlatformFacts(refused)
  return [
    { name: 'system', ...diagnosePlatform(facts) },
    { name: 'user namespaces', ...diagnoseUserNamespaces(facts) },
  ]
}

/** Found out by making a group with every limit. */
function checkLimits(): Check {
  const group = openLimitGroup(
    `ptb-doctor-${process.pid}`,
    { cpus: 1, memoryGiB: 1, pids: 64, diskGiB: 1 },
    {
      limits: [],
    },
  )
  group.cgroup?.remove()
  const by = (holder: LimitHolder): string[] =>
    Object.entries(group.holders).flatMap(([limit, who]) => (who === holder ? [limit] : []))
  const parts = [
    ['held by the kernel', by('kernel')],
    ['watched', by('watched')],
    ['only told', by('told')],
  ] as const
  const kernel = by('kernel').length > 0
  return {
    name: 'limits',
    status: kernel ? 'ok' : 'note',
    detail: parts
      .filter(([, limits]) => limits.length > 0)
      .map(([what, limits]) => `${limits.join(', ')} ${what}`)
      .join('; '),
    ...(kernel
      ? {}
      : { remedy: 'Control groups need root, or systemd with delegation: start ptb in a login session.' }),
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
  if (process.platform !== 'linux')
    return { name: 'locks', status: 'note', detail: 'by files: a crash may leave one behind for a while' }
  const result = await runCommand(['flock', '--version'], { timeoutMs: 10_000 })
  if (result.code === 0) return { name: 'locks', status: 'ok', detail: result.stdout.trim() }
  return {
    name: 'locks',
    status: 'missing',
    detail: 'the program flock is missing',
    remedy: 'Install util-linux.',
  }
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

async function checkGit(): Promise<Check> {
  const result = await runCommand(['git', '--version'], { timeoutMs: 10_000 })
  return result.code === 0
    ? { name: 'git', status: 'ok', detail: result.stdout.trim() }
    : { name: 'git', status: 'note', detail: 'not found; only agents that use it need it' }
}

/** Of the nearest folder that is there: looking makes nothing. */
async function checkDisk(results: string): Promise<Check> {
  const name = 'disk'
  let folder = resolve(results)
  while (!existsSync(folder)) folder = dirname(folder)
  try {
    await access(folder, constants.W_OK)
  } catch {
    return {
      name,
      status: 'missing',
      detail: `${folder} cannot be written`,
      remedy: 'Name a folder of yours with --results.',
    }
  }
  const { bavail, bsize } = await statfs(folder)
  const gib = (bavail * bsize) / 1024 ** 3
  return {
    name,
    status: gib < 1 ? 'missing' : gib < 10 ? 'note' : 'ok',
    detail: `${gib.toFixed(1)} GiB free for ${results}`,
    ...(gib < 10 ? { remedy: 'The environment takes up to 5 GiB, a run of the nano tier a few MiB.' } : {}),
  }
}

async function checkChromium(): Promise<Check> {
  const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
    existsSync(path),
  )
  return found === undefined
    ? { name: 'Chromium', status: 'note', detail: 'not found; only browser tests need it' }
    : { name: 'Chromium', status: 'ok', detail: `${found}; only browser tests need it` }
}
