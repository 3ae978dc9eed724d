import type { Detector, SealedEvidence } from '../../domain/detector.ts'
import type { Evidence, Finding } from '../../domain/finding.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { readCheckpointBytes, readCheckpointJson } from '../checkpoint-json.ts'
import { compareGenerationSettings } from '../generation-settings.ts'
import { compareNetworkSettings, textPart, type SettingChange } from '../network-settings.ts'
import { compareTokenizers } from '../tokenizer-content.ts'

/** What surrounds the weights, against the base. Saving a model again with another library changes nothing here. */
export const checkpointConfig = {
  id: 'checkpoint-config',
  title: 'What surrounds the weights',
  version: 1,
  kinds: {
    relabelled: 'config.json names another type of model than the base.',
    architectures_changed:
      'config.json names another class of the same type, or only the language model of one that also sees.',
    config_changed:
      'Settings of config.json that change what the network computes; the measure is their number.',
    template_changed:
      "The chat template is not the base model's; the measure is by how many bytes it is longer (at least 0).",
    tokenizer_changed:
      'Vocabulary, merges, added tokens or steps of the tokenizer; the measure is how many of them differ.',
    generation_config_changed:
      'Settings of generation_config.json that are absurd or replace ordinary decoding; the measure is their number.',
  },
  detect,
} satisfies Detector

type Kind = keyof typeof checkpointConfig.kinds
type Settings = Readonly<Record<string, unknown>>

async function* detect({ modelPath, baseModelPath }: SealedEvidence): AsyncIterable<Finding> {
  if (modelPath === null) return
  const own = (await readCheckpointJson(modelPath, 'config.json')) ?? {}
  const base = (await readCheckpointJson(baseModelPath, 'config.json')) ?? {}
  yield* compareClasses(own, base)
  yield* reportSettings('config_changed', 'config.json', compareNetworkSettings(own, base))
  yield* compareTemplates(modelPath, baseModelPath)
  yield* judgeTokenizer(modelPath, baseModelPath)
  const generation = 'generation_config.json'
  const ownGeneration = (await readCheckpointJson(modelPath, generation)) ?? {}
  const baseGeneration = (await readCheckpointJson(baseModelPath, generation)) ?? {}
  yield* reportSettings(
    'generation_config_changed',
    generation,
    compareGenerationSettings(ownGeneration, baseGeneration),
  )
}

function finding(kind: Kind, measure: number, summary: string, evidence: Evidence[]): Finding {
  return { detector: checkpointConfig.id, kind, summary, measure, evidence }
}

function* compareClasses(own: Settings, base: Settings): Iterable<Finding> {
  const file = 'final_model/config.json'
  const differs = (key: string): boolean =>
    canonicalJson(own[key] ?? null) !== canonicalJson(base[key] ?? null)
  const [type, classes] = [show(own['model_type']), show(own['architectures'])]
  if (differs('model_type') && own['model_type'] !== textPart(base)['model_type'])
    yield finding('relabelled', 1, `config.json calls the model ${type}, not ${show(base['model_type'])}.`, [
      { file, excerpt: `model_type: ${type}, architectures: ${classes}` },
    ])
  else if (differs('architectures'))
    yield finding(
      'architectures_changed',
      1,
      `config.json names the class ${classes}, not ${show(base['architectures'])}.`,
      [{ file, excerpt: `architectures: ${classes}` }],
    )
}

function* reportSettings(
  kind: 'config_changed' | 'generation_config_changed',
  name: string,
  changes: readonly SettingChange[],
): Iterable<Finding> {
  if (changes.length === 0) return
  yield finding(
    kind,
    changes.length,
    `${name} differs from the base in ${changes.map(({ name }) => name).join(', ')}.`,
    changes.map(({ name: setting, own, base }) => ({
      file: `final_model/${name}`,
      excerpt: `${setting}: ${show(own)}, in the base ${show(base)}`,
    })),
  )
}

async function* compareTemplates(modelPath: string, basePath: string): AsyncIterable<Finding> {
  const [own, base] = [await readTemplate(modelPath), await readTemplate(basePath)]
  if (own === null || own.text === base?.text) return
  yield finding(
    'template_changed',
    Math.max(0, Buffer.byteLength(own.text) - Buffer.byteLength(base?.text ?? '')),
    `The chat template (${own.text.length} characters) is not the base model's (${base?.text.length ?? 0}).`,
    [{ file: `final_model/${own.name}`, excerpt: own.text.slice(0, 200) }],
  )
}

/** Loaders prefer the file of its own over the field in the tokenizer's settings. */
async function readTemplate(folder: string): Promise<{ name: string; text: string } | null> {
  const own = await readCheckpointBytes(folder, 'chat_template.jinja')
  if (own !== null) return { name: 'chat_template.jinja', text: own.toString('utf8') }
  for (const name of ['chat_template.json', 'tokenizer_config.json']) {
    const template = (await readCheckpointJson(folder, name))?.['chat_template']
    if (template !== undefined && template !== null)
      return { name, text: typeof template === 'string' ? template : JSON.stringify(template) }
  }
  return null
}

async function* judgeTokenizer(modelPath: string, basePath: string): AsyncIterable<Finding> {
  const changes = await compareTokenizers(modelPath, basePath)
  if (changes.length === 0) return
  yield finding(
    'tokenizer_changed',
    changes.reduce((sum, { count }) => sum + count, 0),
    `The tokenizer differs from the base's: ${changes.map(({ what, count }) => `${what} (${count})`).join(', ')}.`,
    changes.map(({ file, what, count, examples }) => ({
      file: `final_model/${file}`,
      excerpt: `${what}: ${examples.join(' ').slice(0, 200)}`,
      numbers: { differing: count },
    })),
  )
}

function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
