import { isDeepStrictEqual } from 'node:util'
import type { Agent } from '../../domain/agent.ts'
import type { Engine } from '../../domain/engine.ts'
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
  const spec = {
    modelPath: '/model',
    modelName: 'model',
    port: 8000,
    python: '/python',
    environmentPath: '/environments',
    cpus: 1,
  }
  return [await checkRule('gives a command', () => checkCommand(() => engine.command(spec)))]
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
