import { chmod, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BenchError } from '../../domain/error.ts'
import type { BenchmarkItems } from '../../domain/benchmark.ts'
import type { Protocol } from '../../domain/protocol.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { chooseTemplate } from '../../lib/chat-templates/family.ts'
import type { ChatTemplateName } from '../../lib/chat-templates/render-chat.ts'
import { readChatTemplate } from '../../lib/chat-templates/template-file.ts'

export interface BaseModel {
  readonly id?: string
  readonly path: string
}

export interface ForcedTemplateOptions {
  readonly protocol: Pick<Protocol, 'chatTemplate' | 'templateDate'>
  /** Of the run, also where another model is evaluated: everybody is asked in the same form. */
  readonly baseModel: BaseModel
  readonly items: Pick<BenchmarkItems, 'test'>
  /** File to be written where the protocol takes a template of ours. */
  readonly file: string
  readonly fence?: () => void
}

/** The template that the protocol forces on every model, null where a model brings its own. */
export async function writeForcedTemplate(options: ForcedTemplateOptions): Promise<string | null> {
  const path = forcedTemplatePath(options)
  if (path !== options.file) return path
  const template = await familyTemplate(options)
  const text = await readChatTemplate({ template, date: options.protocol.templateDate })
  await mkdir(dirname(path), { recursive: true })
  await writeFileAtomic(path, text, options.fence === undefined ? {} : { fence: options.fence })
  await chmod(path, 0o644) // engines have a user of their own
  return path
}

export function forcedTemplatePath({
  protocol,
  baseModel,
  file,
}: Pick<ForcedTemplateOptions, 'protocol' | 'baseModel' | 'file'>): string | null {
  if (protocol.chatTemplate === 'own') return null
  return protocol.chatTemplate === 'base' ? join(baseModel.path, 'chat_template.jinja') : file
}

/** By what the base model says it is. Throws for a model of no known family. */
export async function familyTemplate({
  baseModel,
  items,
}: Pick<ForcedTemplateOptions, 'baseModel' | 'items'>): Promise<ChatTemplateName> {
  const template = chooseTemplate({
    config: await readConfig(baseModel),
    tools: items.test.some(({ tools }) => tools !== undefined) ? 'offered' : 'none',
  })
  if (template !== null) return template
  throw new BenchError(`there is no chat template for the family of the base model ${nameOf(baseModel)}`, {
    code: 'template/unknown_family',
    kind: 'usage',
    remedy:
      'Use a protocol with `chatTemplate: base`, or a base model of the Qwen3, SmolLM3 or Gemma 3 family.',
  })
}

async function readConfig(baseModel: BaseModel): Promise<unknown> {
  const path = join(baseModel.path, 'config.json')
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new BenchError(`the base model ${nameOf(baseModel)} has no readable config.json`, {
      code: 'template/no_config',
      kind: 'environment',
      remedy: `Look at ${path}; \`ptb cache verify\` checks what was downloaded.`,
      cause: error,
    })
  }
}

function nameOf({ id, path }: BaseModel): string {
  return id === undefined ? `in ${path}` : `"${id}"`
}
