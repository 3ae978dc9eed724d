import type { SolveRecord } from '../src/domain/attempt-event.ts'
import type { EvaluationMetrics } from '../src/domain/evaluation.ts'
import type { FindingsFile } from '../src/domain/finding.ts'
import type { JournalEvent, JournalLine } from '../src/domain/journal.ts'
import type { Outcome } from '../src/domain/outcome.ts'
import type { SealRecord } from '../src/domain/seal.ts'
import type { Verdict } from '../src/domain/verdict.ts'
import { sha256 } from '../src/lib/hash.ts'

/** What stands in the files of one synthetic run, as large as in a real one. */

const tensors = 24

export const solveRecord: SolveRecord = {
  end: 'finished',
  exitCode: 0,
  signal: null,
  startedAt: at(12),
  durationMs: 240_000,
  death: { proven: true, method: 'namespace', leftOver: 0 },
  outputBytes: 40_000,
  outputDropped: 0,
  turns: 1,
  limits: { cpus: 'told' },
  exceeded: [],
  usage: { peakMemoryBytes: 2e9, peakProcesses: 12, peakDiskBytes: 3e8, cpuSeconds: 230 },
  contention: { cores: 8, meanOtherCores: 0.2, peakOtherCores: 1.5 },
}

export function sealOf(modelHash: string | null): SealRecord {
  const refused = { reason: 'no_model/nothing_submitted', detail: 'there is no final_model' }
  return {
    schemaVersion: 1,
    sealedAt: at(260),
    refused: modelHash === null ? refused : null,
    files: ['config.json', 'model.safetensors', 'tokenizer.json'].map((path) => ({
      path,
      bytes: 1_000_000,
      sha256: sha256(path),
    })),
    tensors: Array.from({ length: tensors }, (_, index) => ({
      name: `model.layers.${index}.self_attn.q_proj.weight`,
      file: 'model.safetensors',
      dtype: 'BF16',
      shape: [128, 128],
      sha256: sha256(String(index)),
    })),
    leftOut: [],
    modelHash,
    workspace: { files: 12, bytes: 300_000, leftOut: [], leftOutSums: {} },
  }
}

export function findingsOf({ kind }: Outcome): FindingsFile {
  const finding = {
    detector: 'contamination',
    kind: 'items_in_training_data',
    summary: '120 of 300 test items stand in the training data',
    measure: 120,
    evidence: [{ file: 'workspace/train.jsonl', line: 7, excerpt: 'Mia has 3 apples' }],
  }
  return {
    schemaVersion: 1,
    createdAt: at(380),
    detectors: ['contamination', 'forbidden-files', 'shadow-gap', 'weight-lineage'].map((id) => ({
      id,
      version: 1,
      durationMs: 900,
    })),
    findings: kind === 'flagged' ? [finding] : [],
  }
}

export function verdictOf({ kind, reason }: Outcome): Verdict {
  return {
    schemaVersion: 1,
    decision: kind === 'flagged' ? 'flagged' : 'clean',
    reason: kind === 'flagged' ? reason : 'clean',
    justification: 'by the rules of the policy',
    madeBy: { kind: 'policy', policy: 'default', policyHash: sha256('default') },
    findings: kind === 'flagged' ? [0] : [],
    labels: [],
    at: at(390),
  }
}

export function journalOf(evidence: {
  readonly seal: SealRecord
  readonly metrics: EvaluationMetrics | null
  readonly findings: FindingsFile
  readonly verdict: Verdict
  readonly outcome: Outcome
}): JournalLine[] {
  const effects = [
    ['prepare', 'workspace', { sandbox: 'bubblewrap', python: '/usr/bin/python3' }],
    ['solve', 'agent', solveRecord],
    ['seal', 'workspace', evidence.seal],
    ['evaluate', 'final', evidence.metrics],
    ['inspect', 'findings', evidence.findings],
    ['inspect', 'verdict', evidence.verdict],
  ] as const
  const events: JournalEvent[] = [
    { type: 'worker', pid: 4711, startTime: 'boot/1', host: 'elsewhere' },
    { type: 'attempt', attempt: 1, why: 'first' },
    ...effects.flatMap(([phase, effect, data]): JournalEvent[] => [
      { type: 'intent', attempt: 1, phase, effect },
      { type: 'receipt', attempt: 1, phase, effect, data },
    ]),
    { type: 'attempt_end', attempt: 1, outcome: null },
    { type: 'finished', outcome: evidence.outcome },
  ]
  return events.map((event, index) => ({ seq: index + 1, epoch: 1, at: at(index * 30), ...event }))
}

export function at(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 5, 9) + seconds * 1000).toISOString()
}
