/** What a fake provider answers, one turn per request that offers a shell. */
export interface Scenario {
  readonly turns: readonly Turn[]
  /** For requests without a shell: titles, routers, summaries. */
  readonly aux?: Turn
  /** What comes after the last turn: that one again, or a text that ends the agent's work. Default `repeat`. */
  readonly after?: 'repeat' | 'done'
}

export interface Turn {
  readonly reasoning?: string
  readonly text?: string
  /** A command, as a call of whichever shell tool the agent offers. */
  readonly shell?: string
  readonly tools?: readonly { readonly name: string; readonly args: Readonly<Record<string, unknown>> }[]
  readonly usage?: Partial<TurnUsage>
  /** How many requests it answers. Default 1; -1 for ever. */
  readonly times?: number
  readonly error?: {
    readonly status: number
    readonly type?: string
    readonly code?: string
    readonly message?: string
    readonly headers?: Readonly<Record<string, string>>
  }
  readonly delayMs?: number
  /** The connection breaks in the middle. */
  readonly cut?: true
  /** An error within an answer that began well. */
  readonly streamError?: { readonly type: string; readonly message: string }
  readonly stop?: 'max_tokens'
}

export interface TurnUsage {
  /** The whole prompt, what is cached included: as OpenAI and Google count. */
  readonly input: number
  readonly cached: number
  readonly cacheWrite: number
  readonly cacheWriteHour: number
  /** Reasoning included. */
  readonly output: number
  readonly reasoning: number
}

export function usageOf(turn: Turn): TurnUsage {
  const reasoning = turn.reasoning === undefined ? 0 : 10
  return {
    input: 1000,
    cached: 200,
    cacheWrite: 0,
    cacheWriteHour: 0,
    output: 50,
    reasoning,
    ...turn.usage,
  }
}

/** Hands out the turns. */
export function createScript(scenario: Scenario): (offersShell: boolean) => Turn {
  let index = 0
  let used = 0
  return (offersShell) => {
    if (!offersShell) return { text: 'Fake answer', ...scenario.aux }
    const turn = scenario.turns[index]
    if (turn === undefined)
      return scenario.after === 'done' ? { text: 'Nothing more to do.' } : (scenario.turns.at(-1) ?? {})
    used++
    const times = turn.times ?? 1
    if (times >= 0 && used >= times) {
      index++
      used = 0
    }
    return turn
  }
}

export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
}

/** Each CLI's own name for its shell, and how it wants a command. */
const shells: Readonly<Record<string, (command: string) => Readonly<Record<string, unknown>>>> = {
  Bash: (command) => ({ command, description: 'Run the command' }),
  run_shell_command: (command) => ({ command, description: 'Run the command' }),
  bash: (command) => ({ command, description: 'Run the command' }),
  exec_command: (cmd) => ({ cmd, yield_time_ms: 30_000 }),
  shell_command: (command) => ({ command }),
  shell: (command) => ({ command: ['bash', '-lc', command] }),
}

export function offersShell(tools: readonly string[]): boolean {
  return tools.some((name) => Object.hasOwn(shells, name))
}

export function callsOf(turn: Turn, tools: readonly string[]): ToolCall[] {
  const shell = Object.entries(shells).find(([name]) => tools.includes(name))
  const calls = [
    ...(turn.tools ?? []),
    ...(turn.shell === undefined || shell === undefined
      ? []
      : [{ name: shell[0], args: shell[1](turn.shell) }]),
  ]
  return calls.map((call, index) => ({ ...call, id: `call_${index}_${call.name}` }))
}

/** Three pieces, as a stream would bring it. */
export function pieces(text: string): string[] {
  const size = Math.max(1, Math.ceil(text.length / 3))
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  )
}
