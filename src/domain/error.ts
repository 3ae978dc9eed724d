/** Exit codes of the CLI, one meaning each. */
export const exitCodes = {
  ok: 0,
  runsFailed: 1,
  usage: 2,
  environment: 3,
  bug: 70,
  interrupted: 130,
} as const

export type BenchErrorKind = 'usage' | 'environment'

export interface BenchErrorOptions {
  /** Stable machine-readable name, e.g. `experiment/unknown_key`. */
  readonly code: string
  readonly kind: BenchErrorKind
  /** What the operator can do about it; printed on its own line. */
  readonly remedy?: string
  readonly cause?: unknown
}

/** Something the operator can put right. What happened to a run is an Outcome; anything else is a bug. */
export class BenchError extends Error {
  readonly code: string
  readonly kind: BenchErrorKind
  readonly remedy: string | undefined

  constructor(message: string, options: BenchErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'BenchError'
    this.code = options.code
    this.kind = options.kind
    this.remedy = options.remedy
  }

  get exitCode(): number {
    return this.kind === 'usage' ? exitCodes.usage : exitCodes.environment
  }
}
