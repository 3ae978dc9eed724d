import { mean, standardError } from '../../lib/stats.ts'

export interface Accuracy {
  readonly accuracy: number
  /** Standard error of the mean, from the sample standard deviation; 0 below two values. */
  readonly stderr: number
}

/** Mean and standard error over the samples' values from 0 to 1, as inspect reports them; 0 where there are none. */
export function meanAndError(values: readonly number[]): Accuracy {
  if (values.length === 0) return { accuracy: 0, stderr: 0 }
  return { accuracy: mean(values), stderr: standardError(values) ?? 0 }
}
