import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BenchError } from '../domain/error.ts'
import { runCommand } from '../lib/process.ts'

const uvVersion = '0.13.8'
/** For looking at an index, not for downloading from it. */
const resolveTimeoutMs = 60_000
const installTimeoutMs = 60 * 60_000

/** Makes a virtual environment in `path`, in place, for it cannot be moved, and installs the requirements into it. */
export async function installPythonPackages(options: {
  readonly path: string
  readonly systemPython: string
  readonly requirements: string
  readonly progress: (line: string) => void
}): Promise<void> {
  const { path, progress } = options
  const bootstrap = `${path}.uv`
  await rm(path, { recursive: true, force: true })
  await step([options.systemPython, '-m', 'venv', '--clear', bootstrap])
  await step([join(bootstrap, 'bin', 'python'), '-m', 'pip', 'install', '--quiet', `uv==${uvVersion}`])
  const uv = join(bootstrap, 'bin', 'uv')
  await step([uv, 'venv', '--quiet', '--python', options.systemPython, path])
  const install = [
    uv,
    'pip',
    'install',
    '--python',
    join(path, 'bin', 'python'),
    '--requirements',
    options.requirements,
  ]
  if (process.platform !== 'linux') {
    progress('installing PyTorch and Transformers: about 250 MB to download')
    await stream(install)
  } else if (await canResolve([...install, '--torch-backend', 'cpu'])) {
    progress('installing PyTorch and Transformers, the CPU build: about 250 MB to download')
    await stream([...install, '--torch-backend', 'cpu'])
  } else {
    progress("PyTorch's index of CPU builds cannot be reached from here")
    progress('installing PyTorch and Transformers, the usual build: about 2.8 GB to download, 5 GB on disk')
    await stream(install)
  }
  await rm(bootstrap, { recursive: true, force: true })
}

/** Whether an index answers, however slow the line is that the download will take. */
async function canResolve(install: readonly string[]): Promise<boolean> {
  const env = { ...definedEnvironment(), UV_HTTP_RETRIES: '1' }
  const result = await runCommand([...install, '--dry-run', '--quiet'], { timeoutMs: resolveTimeoutMs, env })
  return result.code === 0
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/** Shows the installer's own progress on a terminal; elsewhere its last words go into the error. */
async function stream(argv: readonly string[]): Promise<void> {
  if (!process.stderr.isTTY) return step([...argv, '--quiet'])
  const [command = '', ...args] = argv
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    signal: AbortSignal.timeout(installTimeoutMs),
  })
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null))
    child.on('exit', resolve)
  })
  if (code !== 0) throw failed('see the messages above')
}

async function step(argv: readonly string[]): Promise<void> {
  const result = await runCommand(argv, { timeoutMs: installTimeoutMs })
  if (result.code === 0) return
  const output = (result.stderr.trim() || result.stdout.trim() || (result.error ?? 'no message')).slice(-2000)
  throw failed(`${argv.slice(0, 3).join(' ')} failed:\n${output}`)
}

function failed(why: string): BenchError {
  return new BenchError(`the Python environment could not be made: ${why}`, {
    code: 'python/install_failed',
    kind: 'environment',
    remedy:
      'Debian and Ubuntu need the package python3-venv. Otherwise mend the cause and run it again: what has been ' +
      'downloaded is kept. Or name an interpreter that has torch and transformers with --python or PTB_PYTHON.',
  })
}
