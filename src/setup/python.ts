import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { BenchError } from '../domain/error.ts'
import { writeJsonAtomic } from '../lib/atomic-file.ts'
import { hashJson, sha256 } from '../lib/hash.ts'
import { tryLease } from '../lib/lease.ts'
import { runCommand } from '../lib/process.ts'
import { cacheFolder } from './cache-folder.ts'
import { installPythonPackages } from './install-python.ts'
import { readPythonFacts, testPython } from './python-self-test.ts'

const requirements = fileURLToPath(new URL('../../environments/cpu/requirements.txt', import.meta.url))
/** The oldest for which the pinned packages exist. */
const minimalMinor = 10

const environmentSchema = z.object({
  /** The interpreter. */
  python: z.string(),
  /** The environment's folder. */
  path: z.string(),
  versions: z.record(z.string(), z.string()),
})
export type PythonEnvironment = z.infer<typeof environmentSchema>

export interface PythonOptions {
  /** An interpreter of the user's own with torch and transformers; default: `$PTB_PYTHON`, else a private one. */
  readonly python?: string
  readonly progress: (line: string) => void
}

/**
 * The Python environment that agents and engines use. The user's own where one is named, else a private virtual
 * environment in the cache folder, made at the first call. Either is tested once by loading a model and generating.
 */
export async function ensurePythonEnvironment(options: PythonOptions): Promise<PythonEnvironment> {
  const named = namedPython(options.python)
  if (named !== null) return ensureNamed(named, options.progress)
  const path = await privateEnvironmentPath()
  const ready = await readMarker(markerPath(path))
  if (ready !== null) return ready
  const system = await findSystemPython()
  await mkdir(dirname(path), { recursive: true })
  using _lease = await waitForLease(options.progress)
  return (await readMarker(markerPath(path))) ?? (await install(path, system, options.progress))
}

/** The environment if it is there; never installs or tests. */
export async function readPythonEnvironment(): Promise<PythonEnvironment | null> {
  const named = namedPython(undefined)
  if (named === null) return readMarker(markerPath(await privateEnvironmentPath()))
  const facts = await readPythonFacts(named)
  return { python: facts.python, path: facts.path, versions: {} }
}

/** The same for those who cannot do without. */
export async function locatePythonEnvironment(): Promise<PythonEnvironment> {
  const environment = await readPythonEnvironment()
  if (environment !== null) return environment
  throw new BenchError('the Python environment has not been set up', {
    code: 'python/not_set_up',
    kind: 'environment',
    remedy: 'Run `ptb setup` first.',
  })
}

interface SystemPython {
  /** Name on PATH. */
  readonly python: string
  readonly version: string
}

/** The first usable Python on PATH, or why there is none. */
export async function findSystemPython(): Promise<SystemPython> {
  const script = 'import sys, venv, ensurepip; print("%d.%d.%d" % sys.version_info[:3])'
  for (const name of ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10']) {
    const result = await runCommand([name, '-c', script], { timeoutMs: 20_000 })
    const version = result.stdout.trim()
    const [major = 0, minor = 0] = version.split('.').map(Number)
    if (result.code === 0 && major === 3 && minor >= minimalMinor) return { python: name, version }
  }
  throw new BenchError(`no Python 3.${minimalMinor} or newer with venv and pip was found`, {
    code: 'python/missing',
    kind: 'environment',
    remedy:
      'Debian and Ubuntu: apt install python3 python3-venv. Fedora: dnf install python3. macOS: brew install python. ' +
      'Or name an interpreter that has torch and transformers with --python or PTB_PYTHON.',
  })
}

function namedPython(option: string | undefined): string | null {
  return option || process.env['PTB_PYTHON'] || null
}

/** The test takes seconds, so its result is kept until something about the interpreter changes. */
async function ensureNamed(named: string, progress: (line: string) => void): Promise<PythonEnvironment> {
  const facts = await readPythonFacts(named)
  const marker = cacheFolder('environments', `named-${hashJson(facts).slice(0, 16)}.json`)
  const ready = await readMarker(marker)
  if (ready !== null) return ready
  progress(`testing ${facts.python}: import, load the base model, generate`)
  const environment = { python: facts.python, path: facts.path, versions: await testPython(facts.python) }
  await mkdir(dirname(marker), { recursive: true })
  await writeJsonAtomic(marker, environment)
  return environment
}

async function privateEnvironmentPath(): Promise<string> {
  const key = sha256(`${process.platform} ${process.arch}\n${await readFile(requirements, 'utf8')}`)
  return cacheFolder('environments', `cpu-${key.slice(0, 16)}`)
}

function markerPath(path: string): string {
  return join(path, 'ptb-complete.json')
}

/** A marker is void when its interpreter is gone, as after an upgrade of the system's Python. */
async function readMarker(path: string): Promise<PythonEnvironment | null> {
  try {
    const marker = environmentSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data
    return marker !== undefined && existsSync(marker.python) ? marker : null
  } catch {
    return null
  }
}

async function waitForLease(progress: (line: string) => void): Promise<Disposable> {
  for (let told = false; ; told = true) {
    const lease = takeLease()
    if (lease !== null) return lease
    if (!told) progress('another ptb is setting up the Python environment; waiting for it')
    await new Promise((done) => setTimeout(done, 500))
  }
}

function takeLease(): Disposable | null {
  try {
    return tryLease('setup-python')
  } catch (error) {
    throw new BenchError(error instanceof Error ? error.message : String(error), {
      code: 'lease/unavailable',
      kind: 'environment',
      remedy: 'Install util-linux, which brings flock.',
      cause: error,
    })
  }
}

/** The environment counts only once its marker is written. */
async function install(
  path: string,
  system: SystemPython,
  progress: (line: string) => void,
): Promise<PythonEnvironment> {
  progress(`setting up the Python environment in ${path} (Python ${system.version}); this happens once`)
  await installPythonPackages({ path, systemPython: system.python, requirements, progress })
  const python = join(path, 'bin', 'python')
  progress('testing it: import, load the base model, generate')
  const environment = { python, path, versions: await testPython(python) }
  await writeJsonAtomic(markerPath(path), environment)
  const versions = Object.entries(environment.versions).map(([name, version]) => `${name} ${version}`)
  progress(`it works: ${versions.join(', ')}`)
  return environment
}
