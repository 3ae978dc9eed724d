export interface AgentContext {
  /** Paths as seen inside the sandbox. */
  readonly agentPath: string
  readonly workspacePath: string
  /** From 1. Later turns go on in the same sandbox, workspace and home, with everything that still runs there. */
  readonly turn: number
  /** Of this turn: the task in the first one, that time is left in later ones. */
  readonly prompt: string
  /** Free text from the experiment file, the published contract's `$AGENT_CONFIG`. */
  readonly config: string
}

export interface AgentCommand {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** A command-line agent: how it is started. One file per CLI family under `agents/`; variants are data. */
export interface Agent {
  readonly id: string
  readonly title: string
  /** The command of one turn. Above turn 1 it resumes the agent's latest session, where the CLI has sessions. */
  command(context: AgentContext): AgentCommand
}
