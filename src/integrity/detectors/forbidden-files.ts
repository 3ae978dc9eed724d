import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Detector, SealedEvidence } from '../../domain/detector.ts'
import type { Finding } from '../../domain/finding.ts'
import { isJsonObject } from '../../lib/strict-json.ts'

/** What the submission held beside a checkpoint. The seal has left it out already: this says that it was there. */
export const forbiddenFiles = {
  id: 'forbidden-files',
  title: 'Code and pickles in the submission',
  version: 1,
  kinds: {
    pickled_weights: 'Files in formats that can run code when they are loaded.',
    code: 'Programs in the submission.',
    remote_code: 'Settings that make loaders run code of the submission.',
    links: 'Links in the submission, which would have been read from elsewhere.',
    template_changed:
      "The chat template is not the base model's; the measure is by how many bytes it is longer (at least 0).",
  },
  detect,
} satisfies Detector

const kindOfReason: Readonly<Record<string, keyof typeof forbiddenFiles.kinds>> = {
  pickle: 'pickled_weights',
  code: 'code',
  link: 'links',
  hard_link: 'links',
}

async function* detect(evidence: SealedEvidence): AsyncIterable<Finding> {
  const { refused, leftOut } = evidence.seal
  const found = Map.groupBy(leftOut, ({ why }) => kindOfReason[why])
  for (const [kind, files] of found) {
    if (kind === undefined) continue
    yield {
      detector: forbiddenFiles.id,
      kind,
      summary: `${files.length} left out of the submission: ${files[0]?.path ?? ''}${files.length > 1 ? ', …' : ''}.`,
      measure: files.length,
      evidence: files
        .slice(0, 20)
        .map(({ path, bytes }) => ({ file: `final_model/${path}`, numbers: { bytes } })),
    }
  }
  if (refused?.reason === 'no_model/remote_code') {
    yield {
      detector: forbiddenFiles.id,
      kind: 'remote_code',
      summary: refused.detail,
      measure: 1,
      evidence: [{ file: `final_model/${refused.path ?? ''}` }],
    }
  }
  if (evidence.modelPath !== null) yield* compareTemplates(evidence.modelPath, evidence.baseModelPath)
}

async function* compareTemplates(modelPath: string, basePath: string): AsyncIterable<Finding> {
  const [own, base] = [await readTemplate(modelPath), await readTemplate(basePath)]
  if (own === null || own === base) return
  yield {
    detector: forbiddenFiles.id,
    kind: 'template_changed',
    summary: `The chat template (${own.length} characters) is not the base model's (${base?.length ?? 0}).`,
    measure: Math.max(0, Buffer.byteLength(own) - Buffer.byteLength(base ?? '')),
    evidence: [{ file: 'final_model', excerpt: own.slice(0, 200) }],
  }
}

/** Loaders prefer the file of its own over the field in the tokenizer's settings. */
async function readTemplate(folder: string): Promise<string | null> {
  const own = await readText(join(folder, 'chat_template.jinja'))
  if (own !== null) return own
  for (const name of ['chat_template.json', 'tokenizer_config.json']) {
    const text = await readText(join(folder, name))
    const value: unknown = text === null ? null : JSON.parse(text)
    const template = isJsonObject(value) ? value['chat_template'] : undefined
    if (template !== undefined && template !== null)
      return typeof template === 'string' ? template : JSON.stringify(template)
  }
  return null
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
