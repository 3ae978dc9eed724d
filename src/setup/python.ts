import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { BenchError } from '../domain/error.ts'
import { writeJsonAtomic } from '../lib/atomic-file.ts'
import { sha256 } from '../lib/hash.ts'
import { tryLease } from '../lib/lease.ts'
import { runCommand } from '../lib/process.ts'
import { cacheFolder } from './cache-folder.ts'

const requirements = fileURLToPath(new URL('../../environments/cpu/requirements.txt', import.meta.url))
const baseModel = fileURLToPath(new URL('../../nano/models/nano-base', import.meta.url))
const uvVersion = '0.13.8'
/** Long enough for an index that answers, short enough for one that is blocked. */
const cpuBuildTimeoutMs = 120_000
const installTimeoutMs = 30 * 60_000

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
 * environment in the cache folder, made at the first call.
 */
export async function ensurePythonEnvironment(options: PythonOptions): Promise<PythonEnvironment> {
  const named = options.python ?? process.env['PTB_PYTHON']
  if (named !== undefined && named !== '') {
    const versions = await selfTest(named)
    return { python: named, path: join(named, '..', '..'), versions }
  }
  const path = await privateEnvironmentPath()
  const ready = await readMarker(path)
  if (ready !== null) return ready
  await mkdir(join(path, '..'), { recursive: true })
  using _lease = await waitForLease(options.progress)
  return (await readMarker(path)) ?? (await install(path, options.progress))
}

/** Whether the private environment is there; never installs. */
export async function readPythonEnvironment(): Promise<PythonEnvironment | null> {
  return readMarker(await privateEnvironmentPath())
}

/** The newest usable system Python, or why there is none. */
export async function findSystemPython(): Promise<{ python: string; version: string }> {
  for (const name of ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10']) {
    const script = 'import sys, venv, ensurepip; print("%d.%d.%d" % sys.version_info[:3])'
    const result = await runCommand([name, '-c', script], { timeoutMs: 20_000 })
    const version = result.stdout.trim()
    const [major = 0, minor = 0] = version.split('.').map(Number)
    if (result.code === 0 && major === 3 && minor >= 10) return { python: name, version }
  }
  throw new BenchError('no Python 3.10 or newer with venv and pip was found', {
    code: 'python/missing',
    kind: 'environment',
    remedy:
      'Debian and Ubuntu: apt install python3 python3-venv. Fedora: dnf install python3. macOS: brew install python. ' +
      'Or name an interpreter that has torch and transformers with --python or PTB_PYTHON.',
  })
}

async function privateEnvironmentPath(): Promise<string> {
  const key = sha256(`${process.platform} ${process.arch}\n${await readFile(requirements, 'utf8')}`)
  return cacheFolder('environments', `cpu-${key.slice(0, 16)}`)
}

function markerPath(path: string): string {
  return join(path, 'ptb-complete.json')
}

async function readMarker(path: string): Promise<PythonEnvironment | null> {
  if (!existsSync(markerPath(path))) return null
  return environmentSchema.safeParse(JSON.parse(await readFile(markerPath(path), 'utf8'))).data ?? null
}

async function waitForLease(progress: (line: string) => void): Promise<Disposable> {
  for (let told = false; ; told = true) {
    const lease = tryLease('setup-python')
    if (lease !== null) return lease
    if (!told) progress('another ptb is setting up the Python environment; waiting for it')
    await new Promise((done) => setTimeout(done, 500))
  }
}

/** A virtual environment cannot be moved, so it is made in place and counts only once its marker is written. */
async function install(path: string, progress: (line: string) => void): Promise<PythonEnvironment> {
  const system = await findSystemPython()
  progress(`setting up the Python environment in ${path} (Python ${system.version}); this happens once`)
  await rm(path, { recursive: true, force: true })
  const bootstrap = `${path}.uv`
  await step([system.python, '-m', 'venv', '--clear', bootstrap])
  await step([join(bootstrap, 'bin', 'pip'), 'install', '--quiet', `uv==${uvVersion}`])
  const uv = join(bootstrap, 'bin', 'uv')
  const python = join(path, 'bin', 'python')
  await step([uv, 'venv', '--quiet', '--python', system.python, path])
  const command = [uv, 'pip', 'install', '--python', python, '--requirements', requirements]
  if (process.platform === 'linux') {
    progress('installing PyTorch and Transformers: the CPU build, about 250 MB to download, where its index is reachable')
    if (!(await stream([...command, '--torch-backend', 'cpu'], cpuBuildTimeoutMs))) {
      progress('it is not: the usual build instead, about 2.8 GB to download and 5 GB on disk')
      await installOrThrow(command)
    }
  } else {
    progress('installing PyTorch and Transformers: about 250 MB to download')
    await installOrThrow(command)
  }
  await rm(bootstrap, { recursive: true, force: true })
  progress('testing it: import, load the base model, generate')
  const environment = { python, path, versions: await selfTest(python) }
  await writeJsonAtomic(markerPath(path), environment)
  progress(`ready: ${Object.entries(environment.versions).map(([name, version]) => `${name} ${version}`).join(', ')}`)
  return environment
}

async function installOrThrow(command: readonly string[]): Promise<void> {
  if (await stream(command, installTimeoutMs)) return
  throw new BenchError('the Python packages could not be installed', {
    code: 'python/install_failed',
    kind: 'environment',
    remedy: 'See the messages above. Running it again goes on with what has been downloaded.',
  })
}

/** Shows the installer's own progress on a terminal, and only its errors elsewhere. */
function stream(argv: readonly string[], timeoutMs: number): Promise<boolean> {
  const [command = '', ...args] = argv
  const quiet = process.stderr.isTTY ? [] : ['--quiet']
  const child = spawn(command, [...args, ...quiet], {
    stdio: ['ignore', 'ignore', process.stderr.isTTY ? 'inherit' : 'ignore'],
    signal: AbortSignal.timeout(timeoutMs),
  })
  return new Promise((resolve) => {
    child.on('error', () => resolve(false))
    child.on('exit', (code) => resolve(code === 0))
  })
}

async function step(argv: readonly string[]): Promise<void> {
  const result = await runCommand(argv, { timeoutMs: installTimeoutMs })
  if (result.code === 0) return
  throw new BenchError(`${argv.slice(0, 3).join(' ')} failed: ${(result.stderr || (result.error ?? '')).trim().slice(-1000)}`, {
    code: 'python/setup_failed',
    kind: 'environment',
    remedy: 'Debian and Ubuntu need python3-venv. Otherwise see the message, mend its cause and run it again.',
  })
}

const testProgram = `
import json, sys, torch, transformers
from transformers import AutoModelForCausalLM, AutoTokenizer
def version(text): return tuple(int(part) for part in text.split('+')[0].split('.')[:2])
assert version(torch.__version__) >= (2, 5), 'torch 2.5 or newer is needed, this is ' + torch.__version__
assert version(transformers.__version__) >= (5, 0), 'transformers 5 or newer is needed, this is ' + transformers.__version__
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1], local_files_only=True)
model = AutoModelForCausalLM.from_pretrained(sys.argv[1], local_files_only=True)
model.generate(**tokenizer('3 + 4 =', return_tensors='pt'), max_new_tokens=4, do_sample=False)
print(json.dumps({'python': sys.version.split()[0], 'torch': torch.__version__, 'transformers': transformers.__version__}))
`

/** Executes what runs will need. It also leaves compiled modules behind, which read-only sandboxes could not. */
async function selfTest(python: string): Promise<Record<string, string>> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', HF_HUB_OFFLINE: '1' }
  const result = await runCommand([python, '-c', testProgram, baseModel], { timeoutMs: 180_000, env })
  const parsed = z.record(z.string(), z.string()).safeParse(lastJson(result.stdout))
  if (result.code === 0 && parsed.success) return parsed.data
  throw new BenchError(`${python} does not work: ${result.stderr.trim().split('\n').at(-1) || (result.error ?? 'no message')}`, {
    code: 'python/self_test_failed',
    kind: 'environment',
    remedy: 'It needs torch 2.5 and transformers 5 or newer. Without --python and PTB_PYTHON, ptb makes an environment of its own.',
  })
}

function lastJson(text: string): unknown {
  try {
    return JSON.parse(text.trim().split('\n').at(-1) ?? '')
  } catch {
    return null
  }
}
