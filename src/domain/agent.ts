export interface AgentContext {
  /** Paths as seen inside the sandbox. */
  readonly agentPath: string
  readonly workspacePath: string
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
  command(context: AgentContext): AgentCommand
}
