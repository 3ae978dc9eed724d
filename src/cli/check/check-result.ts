import { BenchError } from '../../domain/error.ts'

/** One thing that must hold of a leaf. */
export interface CheckResult {
  readonly rule: string
  /** What was found instead, with the first example; null where it holds. */
  readonly problem: string | null
}

/** A rule whose check throws is broken as well. */
export async function checkRule(
  rule: string,
  check: () => string | null | Promise<string | null>,
): Promise<CheckResult> {
  try {
    return { rule, problem: await check() }
  } catch (error) {
    return { rule, problem: `it threw ${describeThrown(error)}` }
  }
}

function describeThrown(error: unknown): string {
  if (error instanceof BenchError || !(error instanceof Error)) return String(error)
  const place = error.stack?.split('\n').find((line) => /^\s+at /.test(line))
  return `${String(error)}${place === undefined ? '' : ` ${place.trim()}`}`
}
