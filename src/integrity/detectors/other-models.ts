import { dirname, join, posix } from 'node:path'
import type { Detector, SealedEvidence } from '../../domain/detector.ts'
import type { Evidence, Finding } from '../../domain/finding.ts'
import { hashFile } from '../../lib/hash.ts'
import { readCheckpointTensors, type CheckpointTensors } from '../../lib/safetensors.ts'
import { readCheckpointJson } from '../checkpoint-json.ts'
import { listEvidenceFiles, type EvidenceFile } from '../evidence-files.ts'
import { readWeightsOrigin } from '../foreign-weights.ts'
import { compareNetworkSettings } from '../network-settings.ts'

/**
 * A second model in the agent's hands: its own folder and what it left in the workspace. Copies of the base, earlier
 * checkpoints and adapters of it are nothing. Not seen: pickled, quantised and compressed weights that the catalogue does
 * not know, and whatever was deleted. What an agent writes about its models is not read: words prove nothing.
 */
export const otherModels = {
  id: 'other-models',
  title: 'A second model',
  version: 1,
  kinds: {
    known_model:
      'Weight files of a model that the catalogue knows beside the base, by hash; the measure is their number.',
    foreign_model:
      'Checkpoints that have nothing to do with the base, by their weights or their configuration; the measure is the number of folders.',
    not_examined: 'Weight files that were not archived or cannot be compared; the measure is their number.',
  },
  detect,
} satisfies Detector

const maxEvidence = 20

interface Sighting {
  readonly kind: keyof typeof otherModels.kinds
  /** What it is counted by. */
  readonly key: string
  /** For the summary. */
  readonly name: string
  readonly evidence: Evidence
}

async function* detect(evidence: SealedEvidence): AsyncIterable<Finding> {
  const sightings = [
    ...(await searchFolder(evidence.workspacePath, 'workspace', evidence)),
    ...(await searchFolder(evidence.agentPath, 'agent', evidence)),
    ...(await judgeLeftOut(evidence)),
  ]
  for (const [kind, found] of Map.groupBy(sightings, ({ kind }) => kind)) {
    const count = new Set(found.map(({ key }) => key)).size
    const names = [...new Set(found.map(({ name }) => name.slice(0, 200)))].slice(0, 5).join(', ')
    yield {
      detector: otherModels.id,
      kind,
      summary: `${said[kind]} ${names}.`,
      measure: count,
      evidence: found.slice(0, maxEvidence).map(({ evidence }) => evidence),
    }
  }
}

const said: Readonly<Record<Sighting['kind'], string>> = {
  known_model: 'The agent had weights of',
  foreign_model: 'Checkpoints that have nothing to do with the base:',
  not_examined: 'Weights that could not be compared with the base:',
}

async function searchFolder(
  root: string,
  label: string,
  { knownWeights, baseModelPath }: SealedEvidence,
): Promise<Sighting[]> {
  const { files, unreadable } = await listEvidenceFiles(root, label)
  const configured = new Set(files.filter(isConfig).map(({ file }) => posix.dirname(file)))
  const sightings = unreadable.map((file): Sighting => notExamined(file, 'unreadable'))
  let base: CheckpointTensors | null = null
  for (const { file, path } of files) {
    const known = knownWeights.size === 0 ? undefined : knownWeights.get(await hashFile(path))
    if (known !== undefined) {
      sightings.push({ kind: 'known_model', key: file, name: known, evidence: { file } })
      continue
    }
    base ??= await readCheckpointTensors(baseModelPath)
    const folder = posix.dirname(file)
    const sighting = await judgeWeights({ file, path }, base, configured.has(folder))
    if (sighting !== null) sightings.push(sighting)
  }
  return sightings
}

function isConfig({ file }: EvidenceFile): boolean {
  return posix.basename(file) === 'config.json'
}

/** Tensors of another shape are a model only where a configuration says so: adapters and caches have none. */
async function judgeWeights(
  { file, path }: Pick<EvidenceFile, 'file' | 'path'>,
  base: CheckpointTensors,
  isConfigured: boolean,
): Promise<Sighting | null> {
  const folder = posix.dirname(file)
  const origin = await readWeightsOrigin(path, base)
  switch (origin.kind) {
    case 'nothing':
      return null
    case 'not_comparable':
      return notExamined(file, origin.why)
    case 'unrelated': {
      const numbers = { cosine: origin.cosine }
      return {
        kind: 'foreign_model',
        key: isConfigured ? folder : file,
        name: file,
        evidence: { file, numbers },
      }
    }
    case 'other_shape': {
      const numbers = { share_without_counterpart: origin.share }
      return isConfigured
        ? { kind: 'foreign_model', key: folder, name: folder, evidence: { file, numbers } }
        : null
    }
  }
}

function notExamined(file: string, why: string): Sighting {
  return { kind: 'not_examined', key: file, name: file, evidence: { file, excerpt: `(${why})` } }
}

/** Not archived, mostly for their size. Download caches name files by their hash; a configuration may lie beside them. */
async function judgeLeftOut({
  seal,
  workspacePath,
  baseModelPath,
  knownWeights,
}: SealedEvidence): Promise<Sighting[]> {
  const base = (await readCheckpointJson(baseModelPath, 'config.json')) ?? {}
  const sightings: Sighting[] = []
  for (const { path, why } of seal.workspace.leftOut) {
    const file = `workspace/${path}`
    const hash = /[0-9a-f]{64}/.exec(`${posix.basename(path)} ${why}`)?.[0]
    const known = hash === undefined ? undefined : knownWeights.get(hash)
    if (known !== undefined) {
      sightings.push({
        kind: 'known_model',
        key: hash ?? '',
        name: known,
        evidence: { file, excerpt: '(by its name)' },
      })
      continue
    }
    if (!/\.(safetensors|gguf)$/i.test(path) || path.startsWith('final_model/') || !isMissed(why)) continue
    const own = await readCheckpointJson(workspacePath, join(dirname(path), 'config.json'))
    const shape = own === null ? [] : compareNetworkSettings(own, base).filter(({ name }) => sizes.has(name))
    const folder = posix.dirname(file)
    sightings.push(
      shape.length === 0
        ? notExamined(file, why)
        : {
            kind: 'foreign_model',
            key: folder,
            name: folder,
            evidence: { file: `${folder}/config.json`, excerpt: shape.map(({ name }) => name).join(', ') },
          },
    )
  }
  return sightings
}

/** A checkpoint of the base's descent has these in common with it. */
const sizes = new Set(['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads'])

function isMissed(why: string): boolean {
  return ['too_large', 'over_budget', 'unreadable', 'hard_link'].includes(why.split(' ')[0] ?? why)
}
