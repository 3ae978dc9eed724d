import { join } from 'node:path'
import type { AgentCommand } from '../../domain/agent.ts'
import type { RunSpec } from '../../domain/run-spec.ts'
import type { SandboxFlags, SandboxUser } from '../../domain/sandbox.ts'
import { agentEnvironment, type AgentView } from './agent-view.ts'
import { findLeaf, type Harness } from '../harness.ts'
import type { SandboxCommandOptions } from '../sandbox/sandbox-process.ts'

export interface AgentLaunchOptions {
  readonly harness: Harness
  readonly name: string
  readonly spec: RunSpec
  readonly sandbox: string
  readonly flags: SandboxFlags
  readonly user: SandboxUser | null
  readonly view: AgentView
  readonly socketsPath: string
  readonly bundlesPath: string
  readonly prompt: string
  readonly canary: string
  readonly deadlineBootMs: number
}

/** One turn of an agent, as it is started inside. */
export function agentTurn(
  options: Pick<AgentLaunchOptions, 'harness' | 'spec' | 'view' | 'canary'> & {
    readonly turn: number
    readonly prompt: string
  },
): AgentCommand {
  const { harness, spec, view, turn } = options
  const agent = findLeaf('agent', harness.agents, spec.agent.kind).command({
    agentPath: view.agent,
    workspacePath: view.workspace,
    turn,
    prompt: options.prompt,
    config: spec.agent.config,
  })
  return {
    argv: agent.argv,
    env: agentEnvironment(view, {
      ...agent.env,
      PTB_TURN: String(turn),
      PTB_LIMITS: JSON.stringify(spec.limits),
      PTB_API_KEY: options.canary,
      ...(spec.limits.cpus === undefined
        ? {}
        : { OMP_NUM_THREADS: String(Math.max(1, Math.floor(spec.limits.cpus))) }),
    }),
  }
}

/** How an agent is started: the same for the supervisor, which does it, and for `ptb plan --commands`, which shows it. */
export function agentLaunch(options: AgentLaunchOptions): SandboxCommandOptions {
  const { harness, spec, view } = options
  return {
    sandbox: findLeaf('sandbox', harness.sandboxes, options.sandbox),
    flags: options.flags,
    spec: {
      name: options.name,
      mounts: view.mounts,
      network: spec.network,
      limits: spec.limits,
      cwd: view.workspace,
      ...(options.user === null ? {} : { user: options.user }),
    },
    payload: {
      ...agentTurn({ ...options, turn: 1 }),
      deadlineBootMs: options.deadlineBootMs,
      graceMs: spec.graceSeconds * 1000,
    },
    nodePath: process.execPath,
    guardBundlePath: join(options.bundlesPath, 'guard.mjs'),
    socketDir: options.socketsPath,
  }
}
