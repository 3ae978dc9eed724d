import { join } from 'node:path'
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
  readonly deadlineBootMs: number
}

/** How an agent is started: the same for the supervisor, which does it, and for `ptb plan --commands`, which shows it. */
export function agentLaunch(options: AgentLaunchOptions): SandboxCommandOptions {
  const { harness, spec, view } = options
  const agent = findLeaf('agent', harness.agents, spec.agent.kind).command({
    agentPath: view.agent,
    workspacePath: view.workspace,
    prompt: options.prompt,
    config: spec.agent.config,
  })
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
      argv: agent.argv,
      env: agentEnvironment(view, spec.limits, agent.env),
      deadlineBootMs: options.deadlineBootMs,
      graceMs: spec.graceSeconds * 1000,
    },
    nodePath: process.execPath,
    guardBundlePath: join(options.bundlesPath, 'guard.mjs'),
    socketDir: options.socketsPath,
  }
}
