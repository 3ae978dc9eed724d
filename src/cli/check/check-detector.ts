import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Item } from '../../domain/benchmark.ts'
import type { Detector, SealedEvidence } from '../../domain/detector.ts'
import { findingSchema, type Finding } from '../../domain/finding.ts'
import { checkRule, type CheckResult } from './check-result.ts'

/** What every detector must keep, beyond its types: looked at with no evidence at all, and with a little of each. */
export async function checkDetector(detector: Detector): Promise<CheckResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-check-'))
  try {
    const empty = await writeEvidence(join(folder, 'empty'), {}, [])
    const small = await writeEvidence(join(folder, 'small'), smallWorkspace, [item])
    return [
      await checkRule('looks at empty evidence', () => checkFindings(detector, empty)),
      await checkRule('looks at a small workspace', () => checkFindings(detector, small)),
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Findings of declared kinds, in the declared shape, and the same at a second look. */
async function checkFindings(detector: Detector, evidence: SealedEvidence): Promise<string | null> {
  const findings = await detectAll(detector, evidence)
  for (const finding of findings) {
    const parsed = findingSchema.safeParse(finding)
    if (!parsed.success) return `a finding lacks something: ${parsed.error.issues[0]?.path.join('.')}`
    if (finding.detector !== detector.id) return `a finding calls its detector "${finding.detector}"`
    if (!Object.hasOwn(detector.kinds, finding.kind)) return `"${finding.kind}" is not among its kinds`
  }
  const again = await detectAll(detector, evidence)
  return isDeepStrictEqual(findings, again) ? null : 'a second look gave other findings'
}

async function detectAll(detector: Detector, evidence: SealedEvidence): Promise<Finding[]> {
  const findings: Finding[] = []
  for await (const finding of detector.detect(evidence)) findings.push(finding)
  return findings
}

const item: Item = {
  id: 'item-1',
  messages: [{ role: 'user', content: 'What is the name of the second moon of the planet?' }],
  target: 'Deimos',
  fingerprints: ['What is the name of the second moon of the planet?'],
}

const smallWorkspace: Readonly<Record<string, string | Uint8Array>> = {
  'solve.py': 'print("hello")\n',
  'data/rows.jsonl': `${JSON.stringify({ messages: item.messages, completion: item.target })}\n{"torn":`,
  'notes/empty.txt': '',
  'blob.bin': Uint8Array.from({ length: 256 }, (_, byte) => byte),
}

/** The smallest checkpoint: a header's length, the header, and its one float. */
function oneNumber(): Uint8Array {
  const header = Buffer.from(JSON.stringify({ weight: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, header, Buffer.alloc(4)])
}

async function writeEvidence(
  attemptPath: string,
  workspace: Readonly<Record<string, string | Uint8Array>>,
  items: readonly Item[],
): Promise<SealedEvidence> {
  const path = (name: string): string => join(attemptPath, name)
  await writeFiles(path('workspace'), workspace)
  await writeFiles(path('agent'), {})
  await writeFiles(path('base'), { 'config.json': '{}', 'model.safetensors': oneNumber() })
  await writeFiles(attemptPath, { 'agent.log': '' })
  return {
    attemptPath,
    workspacePath: path('workspace'),
    modelPath: null,
    baseModelPath: path('base'),
    siblings: [],
    test: items,
    train: [],
    shadow: [],
    seal: {
      schemaVersion: 1,
      sealedAt: '2026-01-01T00:00:00.000Z',
      refused: { reason: 'no_model/missing', detail: 'there is no final_model' },
      files: [],
      tensors: [],
      leftOut: [],
      modelHash: null,
      workspace: { files: Object.keys(workspace).length, bytes: 0, leftOut: [], leftOutSums: {} },
    },
    handedOut: new Set(),
    agentPath: path('agent'),
    agentLogPath: path('agent.log'),
    provided: [],
    canary: null,
    knownWeights: new Map(),
    metrics: null,
  }
}

async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}
