import type { Finding, FindingsFile } from '../../domain/finding.ts'
import { selfEvaluationSchema, type EvaluationMetrics } from '../../domain/evaluation.ts'
import type { RunSpec } from '../../domain/run-spec.ts'
import type { SealRecord } from '../../domain/seal.ts'
import type { Verdict } from '../../domain/verdict.ts'
import { judgeFindings } from '../../integrity/policy.ts'
import { readVerdicts, writeVerdict } from '../../integrity/verdict.ts'
import { writeJsonAtomic } from '../../lib/atomic-file.ts'
import { hashFolder } from '../../lib/hash.ts'
import { readJsonl } from '../../lib/jsonl.ts'
import { readItems } from '../items.ts'
import { attemptLayout, runLayout } from '../layout.ts'
import type { Prepared } from '../prepared.ts'
import type { AttemptContext } from './context.ts'

/** Runs every detector over the sealed evidence. */
export async function detectFindings(
  context: AttemptContext,
  prepared: Prepared,
  seal: SealRecord,
  metrics: EvaluationMetrics | null,
): Promise<FindingsFile> {
  const { harness, run, runPath, attempt } = context
  const { protocol } = await context.rules()
  const layout = attemptLayout(runPath, attempt)
  const {
    items: { test, shadow, train },
  } = await readItems(harness, run.spec.benchmark, protocol)
  const selfEvaluations = (await readJsonl(layout.selfEvaluations)).lines.map(({ value }) =>
    selfEvaluationSchema.parse(value),
  )
  const evidence = {
    attemptPath: layout.root,
    workspacePath: layout.workspace,
    modelPath: seal.refused === null ? layout.finalModel : null,
    baseModelPath: run.spec.baseModel.path,
    siblings: run.spec.siblings,
    test,
    shadow,
    train,
    seal,
    handedOut: new Set(selfEvaluations.flatMap(({ handedOut }) => handedOut)),
    agentPath: layout.agent,
    agentLogPath: layout.agentLog,
    provided: prepared.provided,
    canary: prepared.canary,
    knownWeights: await hashSiblings(run.spec.siblings),
    metrics,
  }
  const findings: Finding[] = []
  const detectors: FindingsFile['detectors'] = []
  for (const detector of harness.detectors) {
    const started = performance.now()
    for await (const finding of detector.detect(evidence)) findings.push(finding)
    detectors.push({
      id: detector.id,
      version: detector.version,
      durationMs: Math.round(performance.now() - started),
    })
  }
  const file: FindingsFile = { schemaVersion: 1, createdAt: new Date().toISOString(), detectors, findings }
  await writeJsonAtomic(runLayout(runPath).findings, file, { fence: context.fence })
  return file
}

/** Which sibling a weight file belongs to, by the file's hash. */
async function hashSiblings(siblings: RunSpec['siblings']): Promise<ReadonlyMap<string, string>> {
  const known = new Map<string, string>()
  for (const { id, path } of siblings) {
    const { files } = await hashFolder(path)
    for (const file of files) if (file.path.endsWith('.safetensors')) known.set(file.sha256, id)
  }
  return known
}

/** The policy's verdict; where one is on record already (a resumed run, an override) nothing is added. */
export async function giveVerdict(context: AttemptContext, findings: readonly Finding[]): Promise<Verdict> {
  const known = (await readVerdicts(context.runPath)).at(-1)
  if (known !== undefined) return known
  const { policy, policyHash } = await context.rules()
  const verdict = judgeFindings(findings, policy, policyHash)
  await writeVerdict(context.runPath, verdict, { fence: context.fence })
  return verdict
}
