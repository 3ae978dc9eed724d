import { join } from 'node:path'
import type { Protocol } from '../../domain/protocol.ts'
import { insidePath, type Mount, type SandboxFlags } from '../../domain/sandbox.ts'
import { attemptLayout } from '../layout.ts'

/** What an agent sees, and where. In a sandbox that isolates no files the sources are seen instead of the targets. */
export interface AgentView {
  readonly mounts: readonly Mount[]
  readonly workspace: string
  readonly agent: string
  readonly baseModel: string
  readonly sockets: string
  readonly node: string
  readonly bundles: string
  readonly environments: string
  readonly python: string
  /** The template that `./evaluate` forces on the model, null where that brings its own. */
  readonly chatTemplate: string | null
}

export interface AgentViewOptions {
  readonly runPath: string
  readonly attempt: number
  readonly flags: SandboxFlags
  readonly baseModelPath: string
  readonly socketsPath: string
  readonly bundlesPath: string
  readonly environmentsPath: string
  readonly python: string
  readonly pythonMounts: readonly Mount[]
  readonly chatTemplate: Protocol['chatTemplate']
}

export function agentView(options: AgentViewOptions): AgentView {
  const layout = attemptLayout(options.runPath, options.attempt)
  const workspace: Mount = { source: layout.live, target: '/home/agent', mode: 'rw' }
  const agent: Mount = { source: layout.agent, target: '/agent', mode: 'ro' }
  const baseModel: Mount = { source: options.baseModelPath, target: '/models/base', mode: 'ro' }
  const sockets: Mount = { source: options.socketsPath, target: '/run/ptb', mode: 'ro' }
  const node: Mount = { source: process.execPath, target: '/opt/ptb/node', mode: 'ro' }
  const bundles: Mount = { source: options.bundlesPath, target: '/opt/ptb/bundles', mode: 'ro' }
  const environments: Mount = {
    source: options.environmentsPath,
    target: '/opt/ptb/environments',
    mode: 'ro',
  }
  const template: Mount = {
    source: layout.chatTemplate,
    target: '/opt/ptb/chat_template.jinja',
    mode: 'ro',
  }
  const at = (mount: Mount): string => insidePath(options.flags, mount)
  return {
    mounts: [
      workspace,
      agent,
      baseModel,
      sockets,
      node,
      bundles,
      environments,
      ...(options.chatTemplate === 'family' ? [template] : []),
      ...options.pythonMounts,
    ],
    workspace: at(workspace),
    agent: at(agent),
    baseModel: at(baseModel),
    sockets: at(sockets),
    node: at(node),
    bundles: at(bundles),
    environments: at(environments),
    python: options.python,
    chatTemplate: {
      own: null,
      base: join(at(baseModel), 'chat_template.jinja'),
      family: at(template),
    }[options.chatTemplate],
  }
}

/** The agent's whole environment: nothing of the harness's own leaks into it. */
export function agentEnvironment(
  view: AgentView,
  agent: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    HOME: view.workspace,
    PATH: `${join(view.python, '..')}:/usr/local/bin:/usr/bin:/bin`,
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    USER: 'agent',
    BASE_MODEL: view.baseModel,
    HF_HUB_OFFLINE: '1',
    PYTHONUNBUFFERED: '1',
    ...agent,
  }
}

/** The two commands in the workspace: plain scripts that only know where to ask. */
export function launcher(view: AgentView, program: 'evaluate' | 'timer'): string {
  return `#!/bin/sh\nexec "${view.node}" "${view.bundles}/${program}.mjs" "${view.sockets}/service.sock" "$@"\n`
}
