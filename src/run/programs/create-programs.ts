import { setMaxListeners } from 'node:events'
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { BenchError } from '../../domain/error.ts'
import type { Sandbox, SandboxFlags, SandboxUser } from '../../domain/sandbox.ts'
import type { Programs } from '../../domain/scoring.ts'
import { inheritedDescriptors } from '../../lib/inherited-descriptors.ts'
import { createSemaphore } from '../../lib/semaphore.ts'
import { pythonMounts } from '../sandbox/python-mounts.ts'
import { createSocketsFolder } from '../sandbox/sockets-folder.ts'
import { checkProgram } from './check-program.ts'
import type { Confinement } from './confinement.ts'
import {
  defaultProgramLimits,
  isHeld,
  openProgramGroup,
  removeProgramGroup,
  type ProgramLimits,
} from './program-limits.ts'
import type { ProgramsRecord } from './programs-record.ts'
import { runProgram } from './run-program.ts'
import { createSandboxNames } from './sandbox-names.ts'

export interface ProgramsOptions {
  readonly sandbox: Sandbox
  readonly flags: SandboxFlags
  /** Whom programs become when the harness runs as root. */
  readonly user: SandboxUser | null
  readonly python: string
  /** Programs at once; a check is one, for of its two processes one waits. */
  readonly cores: number
  readonly limits?: Partial<ProgramLimits>
  /** Names the folder of the programs: the folder of the evaluation. */
  readonly owner: string
  readonly signal: AbortSignal
  /** Told before the first program runs. */
  readonly onReady?: (record: ProgramsRecord) => Promise<void>
}

/** All that programs find in their environment: the sandbox's folders, and what makes two executions alike. */
const env = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LANG: 'C.UTF-8',
  // An answer that depends on the order of a set gets the same score every time.
  PYTHONHASHSEED: '0',
  // Libraries for arithmetic start a thread for each core of the machine, of which a program has one.
  OMP_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
}

/** Costs nothing until the first program. Disposing kills what still runs. */
export function createPrograms(options: ProgramsOptions): Programs & AsyncDisposable {
  const { python, flags } = options
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  setMaxListeners(Infinity, signal) // one for each program that runs
  const cores = Math.max(1, Math.floor(options.cores))
  const places = createSemaphore(cores)
  const running = new Set<Promise<unknown>>()
  let opened: Promise<Confinement> | null = null
  let folder: string | null = null

  async function open(): Promise<Confinement> {
    if (options.user === null && process.getuid?.() === 0)
      throw new Error('as root, programs need a user of their own')
    folder = await createSocketsFolder(`${options.owner}/programs`)
    const place: Confinement = {
      sandbox: options.sandbox,
      flags,
      user: options.user,
      mounts: await pythonMounts(python),
      root: folder,
      limits: { ...defaultProgramLimits, ...options.limits },
      names: createSandboxNames(`ptb-program-${basename(folder)}`),
      inherited: inheritedDescriptors(),
    }
    const limitHolders = await tryGroups(place, 2 * cores)
    const version = await readVersion(place)
    await options.onReady?.({
      sandbox: options.sandbox.id,
      isolated: flags.isolatesFiles && flags.isolatesNetwork && flags.isolatesProcesses,
      python: version,
      limits: { ...place.limits },
      limitHolders,
    })
    return place
  }

  /** What a person can mend is found out once, so that no answer is blamed for it. */
  async function readVersion(place: Confinement): Promise<string> {
    const source = 'import sys; print("%d.%d.%d" % sys.version_info[:3])'
    const { exitCode, stdout, stderr } = await runProgram(
      place,
      { python, source, timeoutMs: 60_000 },
      { env, signal },
    )
    if (exitCode === 0) return Buffer.from(stdout).toString().trim()
    throw new BenchError(
      `Python does not run in the sandbox '${options.sandbox.id}': ${Buffer.from(stderr).toString().trim()}`,
      {
        code: 'programs/broken',
        kind: 'environment',
        remedy: 'Run `ptb doctor`, or name another interpreter with --python.',
      },
    )
  }

  function inPlace<T>(work: (place: Confinement) => Promise<T>): Promise<T> {
    const result = places.run(async () => {
      signal.throwIfAborted()
      return await work(await (opened ??= open()))
    })
    running.add(result)
    const forget = (): boolean => running.delete(result)
    result.then(forget, forget)
    return result
  }

  return {
    run: (program) => inPlace((place) => runProgram(place, { ...program, python }, { env, signal })),
    check: (program) => inPlace((place) => checkProgram(place, { ...program, python }, { env, signal })),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.allSettled(running)
      if (folder !== null) await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Makes and removes all control groups that programs will have: so goes what a killed harness left, and left in them. */
async function tryGroups(
  { names, limits, flags }: Confinement,
  count: number,
): Promise<ProgramsRecord['limitHolders']> {
  const possible = Array.from({ length: count }, () => names.take())
  const groups = possible.map((name) => openProgramGroup(name, limits, flags))
  for (const group of groups) {
    group.cgroup?.kill()
    await removeProgramGroup(group)
  }
  for (const name of possible) names.giveBack(name)
  const holder = (limit: 'memoryGiB' | 'pids'): 'kernel' | 'sandbox' | 'process' => {
    const found = groups[0]?.holders[limit]
    return isHeld(found) ? found : 'process'
  }
  return { memory: holder('memoryGiB'), processes: holder('pids') }
}
