import type { ChatRequest, ChatToolCall } from './chat.ts'

/**
 * What `./evaluate` inside the sandbox and the supervisor outside say to each other, as JSON over HTTP on the
 * service socket. The agent may send anything here; the supervisor checks every field.
 */

/** `POST /evaluations` */
export interface EvaluationOrder {
  /** Checkpoint folder as the agent named it; only recorded. */
  readonly model: string
  /** Absolute path of the checkpoint inside, put into the engine's command. */
  readonly modelPath: string
  /** Free loopback port that the client found for the engine. */
  readonly port: number
  /** First items of the test set; absent: all. */
  readonly limit?: number | undefined
  /** Of the GPU's memory, for an engine beside which something else runs. */
  readonly gpuMemoryShare?: number | undefined
}

export interface EvaluationAssignment {
  readonly id: string
  readonly modelName: string
  readonly engine: { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> }
  readonly readyTimeoutMs: number
  readonly concurrency: number
  readonly requests: readonly { readonly id: string; readonly request: ChatRequest }[]
}

/** `POST /evaluations/<id>/outputs` */
export interface EvaluationOutputs {
  readonly outputs: readonly {
    readonly id: string
    readonly text: string
    readonly toolCalls?: readonly ChatToolCall[] | undefined
    readonly finishReason: string
    readonly error?: string
  }[]
}

export interface EvaluationReply {
  readonly items: number
  readonly accuracy: number
  readonly stderr: number
  readonly errors: number
  /** Content for --json-output-file, byte for byte as recorded outside. */
  readonly summaryFile: string
  /** Content for --samples-output-file, or null where the protocol gives no samples. */
  readonly samplesFile: string | null
}

/** `GET /timer` */
export interface TimerReply {
  readonly remainingMs: number
  readonly budgetMs: number
}
