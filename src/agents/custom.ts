import type { Agent, AgentCommand, AgentContext } from '../domain/agent.ts'

/**
 * A folder with a `solve.sh`: the published contract. It runs in the workspace with the prompt in `$PROMPT` and the
 * experiment's free text in `$AGENT_CONFIG`. Where it is prompted again it is run again; `$PTB_TURN` says so.
 */
export const custom = {
  id: 'custom',
  title: 'Custom agent',
  command({ agentPath, prompt, config }: AgentContext): AgentCommand {
    return { argv: ['bash', `${agentPath}/solve.sh`], env: { PROMPT: prompt, AGENT_CONFIG: config } }
  },
} as const satisfies Agent
