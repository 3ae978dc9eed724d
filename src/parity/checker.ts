/** What the rows of some files need beside themselves. */
export interface ParityContext {
  /** Rows of a JSON-lines file below the reference's data folder. */
  readonly rows: (path: string) => Promise<readonly unknown[]>
  /** The interpreter for programs that vectors hold. */
  readonly python: string
}

/** Gives what the product makes of a vector's input, in the shape of its `expected`; more keys than that do no harm. */
export type Check = (input: unknown, context: ParityContext) => unknown

export interface Checker {
  readonly check: Check
  /** Keys of `expected` that are not compared. */
  readonly ignored?: readonly string[]
  /** How far floats may lie apart; absent: not at all. */
  readonly tolerance?: number
  /** Rows at a time, for those that wait for other processes. */
  readonly concurrency?: number
}
