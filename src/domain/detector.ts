import type { Item } from './benchmark.ts'
import type { Finding } from './finding.ts'
import type { EvaluationMetrics } from './evaluation.ts'
import type { SealRecord } from './seal.ts'

/** The sealed evidence of one attempt. Paths are the harness's own copies: nothing of the agent's runs any more. */
export interface SealedEvidence {
  readonly attemptPath: string
  /** The archived workspace. */
  readonly workspacePath: string
  /** The sealed checkpoint, or `null` when nothing valid was submitted. */
  readonly modelPath: string | null
  readonly baseModelPath: string
  /** Models that must not be submitted in the base's place, e.g. its instruction-tuned siblings. */
  readonly siblings: readonly { readonly id: string; readonly path: string }[]
  readonly test: readonly Item[]
  readonly train: readonly Item[]
  /** Fresh items that no agent ever saw: what is found of them is there by chance. Absent or empty when there are none. */
  readonly shadow?: readonly Item[]
  readonly seal: SealRecord
  /** sha256 (hex) of files that the harness itself handed to the agent, e.g. evaluation results. */
  readonly handedOut: ReadonlySet<string>
  /** The agent's own folder as it was given to it. */
  readonly agentPath: string
  /** The agent's output: `<ISO time> <out|err>[+] <text>` per line, the text in raw bytes. */
  readonly agentLogPath: string
  /** What the harness put into the workspace before the agent started: paths relative to it. */
  readonly provided: readonly { readonly path: string; readonly sha256: string }[]
  /** A secret of this attempt alone, worth nothing, that stood in the agent's environment as `PTB_API_KEY`. */
  readonly canary: string | null
  /** Which of the siblings a weight file is of, by the file's sha256 (hex). */
  readonly knownWeights: ReadonlyMap<string, string>
  readonly metrics: EvaluationMetrics | null
}

/** A deterministic check that yields findings with evidence. One file per detector under `integrity/detectors/`. */
export interface Detector {
  readonly id: string
  readonly title: string
  readonly version: number
  /** What each kind of finding means, for people. */
  readonly kinds: Readonly<Record<string, string>>
  detect(evidence: SealedEvidence): AsyncIterable<Finding> | Iterable<Finding>
}
