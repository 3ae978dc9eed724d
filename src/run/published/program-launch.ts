import { dirname, join } from 'node:path'
import type { ScoringProgram } from '../../domain/benchmark.ts'
import {
  insidePath,
  type Limits,
  type Mount,
  type Sandbox,
  type SandboxFlags,
  type SandboxUser,
} from '../../domain/sandbox.ts'
import type { Harness } from '../harness.ts'
import { pythonMounts } from '../sandbox/python-mounts.ts'
import type { SandboxCommandOptions } from '../sandbox/sandbox-process.ts'

export interface ProgramLaunchOptions {
  readonly harness: Harness
  readonly sandbox: Sandbox
  readonly flags: SandboxFlags
  readonly user: SandboxUser | null
  readonly limits: Limits
  readonly program: ScoringProgram
  readonly modelPath: string
  /** First items; absent: all. */
  readonly limit?: number | undefined
  readonly maxTokens?: number | undefined
  /** Folder of this one execution. */
  readonly workPath: string
}

/** What the program finds, below the folder of its execution. */
export function programMounts(workPath: string): Readonly<Record<'task' | 'templates' | 'out', Mount>> {
  return {
    task: { source: join(workPath, 'task'), target: '/task', mode: 'ro' },
    templates: { source: join(workPath, 'templates'), target: '/templates', mode: 'ro' },
    out: { source: join(workPath, 'out'), target: '/out', mode: 'rw' },
  }
}

/** How `evaluate.py` is started: alone in a sandbox without network, with one folder that it may write to. */
export async function programLaunch(
  options: ProgramLaunchOptions,
  { socketDir, deadlineBootMs }: { readonly socketDir: string; readonly deadlineBootMs: number },
): Promise<SandboxCommandOptions> {
  const { harness, flags, user, program, limit = -1, maxTokens } = options
  const { python } = await harness.python()
  const model: Mount = { source: options.modelPath, target: '/model', mode: 'ro' }
  const { task, templates, out } = programMounts(options.workPath)
  const at = (mount: Mount): string => insidePath(flags, mount)
  const option = maxTokens === undefined ? undefined : program.maxTokensOption
  return {
    sandbox: options.sandbox,
    flags,
    spec: {
      name: `ptb-measure-${process.pid}`,
      mounts: [model, task, templates, out, ...(await pythonMounts(python))],
      network: 'isolated',
      limits: options.limits,
      cwd: at(out),
      ...(user === null ? {} : { user }),
    },
    payload: {
      argv: [
        python,
        join(at(task), 'evaluate.py'),
        '--model-path',
        at(model),
        '--limit',
        String(limit),
        '--json-output-file',
        join(at(out), 'metrics.json'),
        '--templates-dir',
        at(templates),
        ...(option === undefined ? [] : [option, String(maxTokens)]),
      ],
      env: {
        // An engine that it starts by name is the environment's.
        PATH: `${dirname(python)}:/usr/local/bin:/usr/bin:/bin`,
        HOME: '/tmp',
        TMPDIR: '/tmp',
        LANG: 'C.UTF-8',
        HF_HUB_OFFLINE: '1',
        TRANSFORMERS_OFFLINE: '1',
        PYTHONUNBUFFERED: '1',
        PYTHONDONTWRITEBYTECODE: '1',
        // As in the published system, whose programs expect it; it opens nothing but the engine that they start.
        VLLM_API_KEY: 'inspectai',
      },
      deadlineBootMs,
      graceMs: 1000,
    },
    nodePath: process.execPath,
    guardBundlePath: join((await harness.bundles()).dir, 'guard.mjs'),
    socketDir,
  }
}
