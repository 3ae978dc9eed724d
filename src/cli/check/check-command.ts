import { isDeepStrictEqual } from 'node:util'
import type { Agent } from '../../domain/agent.ts'
import { isLocal, type Engine, type LocalEngine, type RemoteEngine } from '../../domain/engine.ts'
import type { Sandbox } from '../../domain/sandbox.ts'
import { checkRule, type CheckResult } from './check-result.ts'

interface Command {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export async function checkAgent(agent: Agent): Promise<CheckResult[]> {
  const context = { agentPath: '/agent', workspacePath: '/workspace', prompt: 'Train.', config: '' }
  return [
    await checkRule(
      'gives a command for a first and a second turn',
      () =>
        checkCommand(() => agent.command({ ...context, turn: 1 })) ??
        checkCommand(() => agent.command({ ...context, turn: 2 })),
    ),
  ]
}

export async function checkEngine(engine: Engine): Promise<CheckResult[]> {
  return isLocal(engine) ? checkLocalEngine(engine) : checkRemoteEngine(engine)
}

async function checkLocalEngine(engine: LocalEngine): Promise<CheckResult[]> {
  const spec = {
    modelPath: '/model',
    modelName: 'name-of-it',
    port: 8123,
    python: '/python',
    environmentPath: '/environments',
    cpus: 1,
  }
  const template = { ...spec, chatTemplatePath: '/template.jinja' }
  return [
    await checkRule('gives a command', () => checkCommand(() => engine.command(spec))),
    await checkRule('serves the model under its name, on its port', () => {
      const { argv } = engine.command(spec)
      // A shell's script may hold them too.
      const missing = [spec.modelPath, spec.modelName, String(spec.port)].filter(
        (part) => !argv.some((word) => word.includes(part)),
      )
      return missing.length === 0 ? null : `the command does not hold ${missing.join(', ')}`
    }),
    await checkRule('forces the template that it is given', () => {
      const { argv } = engine.command(template)
      return argv.some((word) => word.includes(template.chatTemplatePath))
        ? null
        : 'the command does not hold chatTemplatePath'
    }),
  ]
}

async function checkRemoteEngine(engine: RemoteEngine): Promise<CheckResult[]> {
  return [
    await checkRule('connects to an endpoint, and keeps the key in a header', () => {
      const key = 'ptb-check-key'
      const { url, headers } = engine.connect({ url: 'https://example.org/base/v1', key })
      if (URL.parse(url) === null) return 'the address is no URL'
      if (url.includes(key)) return 'the key is in the address'
      return Object.values(headers).some((value) => value.includes(key)) ? null : 'no header holds the key'
    }),
  ]
}

export async function checkSandbox(sandbox: Sandbox): Promise<CheckResult[]> {
  return [
    await checkRule('probes this machine, and gives a command that holds the payload', async () => {
      const { flags } = await sandbox.probe()
      const spec = {
        name: 'ptb-check',
        argv: ['/bin/true', 'ptb-check-payload'],
        env: {},
        cwd: '/workspace',
        mounts: [],
        network: 'isolated',
        limits: {},
      } as const
      const problem = checkCommand(() => sandbox.command(spec, flags))
      if (problem !== null) return problem
      const { argv } = sandbox.command(spec, flags)
      return argv.at(-1) === 'ptb-check-payload' ? null : 'the command does not end with the payload'
    }),
  ]
}

/** What would be executed is shown before it is: so it is text, and the same at every call. */
function checkCommand(create: () => Command): string | null {
  const command = create()
  const words = [...command.argv, ...Object.values(command.env)]
  if (command.argv.length === 0) return 'the command is empty'
  const strange = words.find((word) => typeof word !== 'string' || word.includes('\0'))
  if (strange !== undefined) return `${JSON.stringify(strange)} cannot be a part of a command`
  return isDeepStrictEqual(command, create()) ? null : 'a second call gave another command'
}
