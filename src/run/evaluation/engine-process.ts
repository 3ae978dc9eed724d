import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BenchError } from '../../domain/error.ts'
import type { LocalEngine } from '../../domain/engine.ts'
import {
  insidePath,
  type Limits,
  type Mount,
  type Sandbox,
  type SandboxFlags,
  type SandboxUser,
} from '../../domain/sandbox.ts'
import { createJsonClient, type JsonClient } from '../../lib/http-json.ts'
import { createTail } from '../../lib/tail.ts'
import { untilHealthy } from '../../lib/until-healthy.ts'
import { coresOf, type Harness } from '../harness.ts'
import { pythonMounts } from '../sandbox/python-mounts.ts'
import { startSandbox, type SandboxCommandOptions } from '../sandbox/sandbox-process.ts'
import { createSocketsFolder } from '../sandbox/sockets-folder.ts'
import { findFreePort } from '../../lib/free-port.ts'

/** The engine ended or never became ready: its last words say why. Whose fault that is, the caller must find out. */
export class EngineFailed extends Error {
  readonly log: string
  constructor(message: string, log: string) {
    super(message)
    this.name = 'EngineFailed'
    this.log = log
  }
}

export interface EngineProcess extends AsyncDisposable {
  readonly client: JsonClient
  readonly modelName: string
  /** Everything it printed, for `engine.log`. */
  readonly log: () => string
  /** Aborted, with how it ended, when it did so by itself. */
  readonly gone: AbortSignal
}

export interface EngineProcessOptions {
  readonly harness: Harness
  readonly engine: LocalEngine
  readonly sandbox: Sandbox
  readonly flags: SandboxFlags
  readonly user: SandboxUser | null
  readonly limits: Limits
  readonly python: string
  readonly modelPath: string
  /** Template forced on the model; absent: its own. */
  readonly chatTemplatePath?: string
  /** Names the sockets' folder: the folder of the evaluation. */
  readonly owner: string
}

const maxLogBytes = 1024 * 1024
const modelName = 'submission'

/** How an engine is started: alone in a sandbox without network; the only way in is a unix socket. */
export async function engineLaunch(
  options: EngineProcessOptions,
  socketsPath: string,
): Promise<SandboxCommandOptions> {
  const { engine, flags } = options
  const model: Mount = { source: options.modelPath, target: '/models/submission', mode: 'ro' }
  const environments: Mount = {
    source: options.harness.environmentsPath,
    target: '/opt/ptb/environments',
    mode: 'ro',
  }
  const sockets: Mount = { source: socketsPath, target: '/run/ptb', mode: 'rw' }
  const template: Mount | null =
    options.chatTemplatePath === undefined
      ? null
      : { source: options.chatTemplatePath, target: '/models/chat_template.jinja', mode: 'ro' }
  const port = flags.isolatesNetwork ? 8000 : await findFreePort()
  const command = engine.command({
    modelPath: insidePath(flags, model),
    modelName,
    port,
    python: options.python,
    environmentPath: insidePath(flags, environments),
    cpus: coresOf(options.limits),
    ...(template === null ? {} : { chatTemplatePath: insidePath(flags, template) }),
  })
  return {
    sandbox: options.sandbox,
    flags,
    spec: {
      name: `ptb-engine-${process.pid}`,
      mounts: [
        model,
        environments,
        sockets,
        ...(template === null ? [] : [template]),
        ...(await pythonMounts(options.python)),
      ],
      network: 'isolated',
      limits: options.limits,
      cwd: '/',
      ...(options.user === null ? {} : { user: options.user }),
    },
    payload: {
      argv: command.argv,
      env: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        HOME: '/tmp',
        TMPDIR: '/tmp',
        LANG: 'C.UTF-8',
        ...command.env,
      },
      deadlineBootMs: null,
      graceMs: 2000,
      forwards: [{ socketPath: join(insidePath(flags, sockets), 'engine.sock'), port }],
    },
    nodePath: process.execPath,
    guardBundlePath: join((await options.harness.bundles()).dir, 'guard.mjs'),
    socketDir: socketsPath,
  }
}

/** Starts the engine and waits until it serves. */
export async function startEngine(options: EngineProcessOptions): Promise<EngineProcess> {
  const { engine } = options
  assertGpu(engine, options)
  const socketsPath = await createSocketsFolder(options.owner)
  const log = createTail(maxLogBytes)
  const sandboxed = await startSandbox({
    ...(await engineLaunch(options, socketsPath)),
    onOutput: (_, chunk) => log.write(chunk),
    onEvent: () => {},
  })
  const client = createJsonClient(
    { socketPath: join(socketsPath, 'engine.sock') },
    { connections: engine.concurrency },
  )
  const gone = new AbortController()
  const failed = sandboxed.exited.then(({ code, signal }) => {
    const kills = sandboxed.limits.cgroup?.usage().outOfMemoryKills ?? 0
    const why = kills > 0 ? ' for want of memory' : ''
    const ended = new EngineFailed(`the engine ended with ${signal ?? `exit code ${code}`}${why}`, log.text())
    gone.abort(ended)
    throw ended
  })
  failed.catch(() => {}) // raced below; an end after `stop` is expected
  const giveUp = new AbortController()
  const stop = async (): Promise<void> => {
    giveUp.abort()
    client[Symbol.dispose]()
    await sandboxed.kill()
    await sandboxed.proveDead(10_000)
    await rm(socketsPath, { recursive: true, force: true })
  }
  try {
    const ready = await Promise.race([untilHealthy(client, engine.readyTimeoutMs, giveUp.signal), failed])
    if (!ready)
      throw new EngineFailed(
        `the engine was not ready after ${Math.round(engine.readyTimeoutMs / 1000)} s`,
        log.text(),
      )
  } catch (error) {
    await stop()
    throw error
  }
  return { client, modelName, log: () => log.text(), gone: gone.signal, [Symbol.asyncDispose]: stop }
}

/** Said at once, and not by an engine's trace after minutes. */
export function assertGpu(
  engine: LocalEngine,
  { sandbox, flags }: Pick<EngineProcessOptions, 'sandbox' | 'flags'>,
): void {
  if (!engine.flags.gpu || flags.gpu) return
  throw new BenchError(
    `the engine "${engine.id}" needs a GPU, and the sandbox "${sandbox.id}" has none here`,
    {
      code: 'engine/no_gpu',
      kind: 'environment',
      remedy: 'Run on a machine with an NVIDIA GPU, or use the engine "transformers".',
    },
  )
}
