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
}

export interface EngineCommand {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/**
 * What serves a checkpoint behind an OpenAI-compatible API on a loopback port. Ready when `GET /health` is 200.
 */
export interface Engine {
  readonly id: string
  readonly title: string
  readonly flags: { readonly gpu: boolean; readonly parsesTools: boolean }
  readonly readyTimeoutMs: number
  /** Requests that may be in flight at once. */
  readonly concurrency: number
  command(spec: EngineSpec): EngineCommand
}
