export interface EngineSpec {
  /** Checkpoint folder as the engine sees it. */
  readonly modelPath: string
  /** Name under which the model is served. */
  readonly modelName: string
  /** Loopback port to listen on, inside the sandbox. */
  readonly port: number
  /** Jinja template that replaces the checkpoint's own; a path as the engine sees it. */
  readonly chatTemplatePath?: string
  /** The Python interpreter of the environment. */
  readonly python: string
  /** Folder with the engine's own files (`environments/` of the harness) as the engine sees it. */
  readonly environmentPath: string
  readonly cpus: number
  /** GPUs over which the model may be spread. Default 1: other numbers change last digits, and with them answers. */
  readonly gpus?: number
  /** Share of the GPU's memory that the engine may take, from 0 to 1. Default: as much as is wise when it is alone. */
  readonly gpuMemoryShare?: number
}

export interface EngineCommand {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

interface EngineFacts {
  readonly id: string
  readonly title: string
  readonly flags: {
    /** It cannot work without a GPU. */
    readonly gpu: boolean
    /** Tool calls come apart from the text, read with vLLM's `hermes` parser or one that reads the same. */
    readonly parsesTools: boolean
  }
  /** How long it may work on requests without finishing any; then it counts as hung. Default 1 h. */
  readonly stallTimeoutMs?: number
  /** Most requests that may be in flight at once; how many are is found out by asking. */
  readonly concurrency: number
}

/** An engine that is started for a checkpoint, on a loopback port. Ready when `GET /health` is 200. */
export interface LocalEngine extends EngineFacts {
  readonly readyTimeoutMs: number
  /** Python packages that the environment must have for it. */
  readonly packages?: readonly string[]
  command(spec: EngineSpec): EngineCommand
}

export interface Endpoint {
  /** Base URL as OpenAI's clients take it, with or without the final `/v1`. */
  readonly url: string
  readonly key: string | null
}

export interface EngineConnection {
  /** Below it lie `/v1/chat/completions` and `/v1/models`. */
  readonly url: string
  /** Of every request; a key is nowhere else. */
  readonly headers: Readonly<Record<string, string>>
}

/** An engine that somebody else runs. What it serves cannot be proven, so no agent's submission is scored with it. */
export interface RemoteEngine extends EngineFacts {
  connect(endpoint: Endpoint): EngineConnection
}

/** What serves a model behind an OpenAI-compatible API. */
export type Engine = LocalEngine | RemoteEngine

export function isLocal(engine: Engine): engine is LocalEngine {
  return 'command' in engine
}
