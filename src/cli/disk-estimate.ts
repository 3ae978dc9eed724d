import type { Keep } from '../domain/experiment.ts'
import type { Plan } from '../run/plan/plan.ts'
import { defaultSealLimits } from '../run/phases/seal-limits.ts'

export interface DiskEstimate {
  readonly keep: Keep
  /** The largest of the runs. */
  readonly perRun: { readonly liveBytes: number; readonly sealedBytes: number; readonly keptBytes: number }
  /** With every slot in use and nothing removed yet; and when `ptb gc --yes` has been run in the end. */
  readonly total: { readonly peakBytes: number; readonly keptBytes: number }
}

/** Samples, logs, prompt, journal and short texts of the workspace. */
const evidenceBytes = 64 * 1024 ** 2

/**
 * What runs take on disk, from what is known before: M, the base model's size, for submissions have its shape.
 *   workspace  W = limits.diskGiB where it is given, else 3 M: a model in training, a checkpoint, final_model
 *   live         = W + M + 64 MiB of evidence: the seal copies final_model before the workspace goes
 *   sealed       = M + min(W, limit of the archive) + 64 MiB, until `ptb gc`
 *   kept         = sealed (all), M + 64 MiB (weights), 64 MiB (hashes)
 *   peak in all  = slots x live + runs x sealed; kept in all = runs x kept
 */
export function estimateDisk(
  plan: Plan,
  options: { readonly keep: Keep; readonly modelBytes: ReadonlyMap<string, number> },
): DiskEstimate {
  const runs = plan.runs.map(({ spec }) => {
    const model = options.modelBytes.get(spec.baseModel.path) ?? 0
    const workspace =
      spec.limits.diskGiB === undefined ? 3 * model : Math.round(spec.limits.diskGiB * 1024 ** 3)
    const sealedBytes = model + Math.min(workspace, defaultSealLimits.workspace.bytes) + evidenceBytes
    const keptBytes = { all: sealedBytes, weights: model + evidenceBytes, hashes: evidenceBytes }[
      options.keep
    ]
    return { liveBytes: workspace + model + evidenceBytes, sealedBytes, keptBytes }
  })
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const most = (values: readonly number[]): number => Math.max(0, ...values)
  const live = runs.map(({ liveBytes }) => liveBytes).toSorted((a, b) => b - a)
  const sealed = runs.map(({ sealedBytes }) => sealedBytes)
  const kept = runs.map(({ keptBytes }) => keptBytes)
  return {
    keep: options.keep,
    perRun: { liveBytes: most(live), sealedBytes: most(sealed), keptBytes: most(kept) },
    total: { peakBytes: sum(live.slice(0, plan.slots)) + sum(sealed), keptBytes: sum(kept) },
  }
}
