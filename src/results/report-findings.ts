import { basename, extname } from 'node:path'
import type { Evidence, Finding } from '../domain/finding.ts'

export interface PublishedTexts {
  readonly findings: Finding[]
  /** A sentence about the run that may repeat names out of its evidence. */
  text(sentence: string): string
}

/** Names that the harness or the model's format gives, so that they say nothing of an item. */
const knownNames = new Set([
  'agent.log',
  'seal.json',
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'model.safetensors',
  'model.safetensors.index.json',
])
const roots = new Set(['workspace', 'agent', 'final_model'])
const withheldName = '[name withheld]'

/**
 * Findings as anyone may see them. Where items are open, all of their text, without credentials. Where they are not,
 * numbers and places alone: an agent can put the text of an item into the name of a file or a tensor as well as into
 * the file, so names that it chose are left out too, wherever a sentence repeats them.
 */
export function publishFindings(
  findings: readonly Finding[],
  { withheld, redact }: { readonly withheld: boolean; readonly redact: (text: string) => string },
): PublishedTexts {
  const names = withheld ? namesIn(findings) : []
  const text = (sentence: string): string =>
    redact(names.reduce((hidden, name) => hidden.replaceAll(name, withheldName), sentence))
  return {
    text,
    findings: findings.map((finding) => ({
      ...finding,
      summary: text(finding.summary),
      evidence: finding.evidence.map((piece) =>
        withheld ? withholdNames(piece) : redactEvidence(piece, redact),
      ),
    })),
  }
}

function redactEvidence(
  { file, tensor, item, excerpt, ...rest }: Evidence,
  redact: (text: string) => string,
): Evidence {
  return {
    ...rest,
    ...(file === undefined ? {} : { file: redact(file) }),
    ...(tensor === undefined ? {} : { tensor: redact(tensor) }),
    ...(item === undefined ? {} : { item: redact(item) }),
    ...(excerpt === undefined ? {} : { excerpt: redact(excerpt) }),
  }
}

function withholdNames({ file, line, tensor, numbers }: Evidence): Evidence {
  return {
    ...(file === undefined ? {} : { file: withholdPath(file) }),
    ...(line === undefined ? {} : { line }),
    ...(tensor === undefined ? {} : { tensor: isUsualTensor(tensor) ? tensor : withheldName }),
    ...(numbers === undefined ? {} : { numbers }),
  }
}

/** `workspace/….jsonl`: where it was and what kind of file, not what the agent called it. */
function withholdPath(path: string): string {
  const [root = '', ...rest] = path.split('/')
  if (rest.length === 0) return roots.has(root) || knownNames.has(root) ? root : withheldName
  const folder = roots.has(root) ? root : '…'
  if (rest.length === 1 && knownNames.has(basename(path))) return `${folder}/${basename(path)}`
  const extension = extname(path)
  return `${folder}/…${/^\.[a-z]{1,6}$/u.test(extension) ? extension : ''}`
}

function isUsualTensor(name: string): boolean {
  return /^(?:model\.)?(?:layers\.\d+\.)?(?:self_attn|mlp|embed_tokens|norm|input_layernorm|post_attention_layernorm|lm_head)(?:\.(?:[qkvo]|gate|up|down)_(?:proj|norm))?\.(?:weight|bias)$/u.test(
    name,
  )
}

/** The longest first: a name may be part of another. */
function namesIn(findings: readonly Finding[]): string[] {
  const names = findings.flatMap(({ evidence }) =>
    evidence.flatMap(({ file, tensor, item, excerpt }) => [
      ...(file === undefined ? [] : [file, file.slice(file.indexOf('/') + 1), basename(file)]),
      ...[tensor, item, excerpt].filter((name) => name !== undefined),
    ]),
  )
  return [...new Set(names)]
    .filter((name) => name !== '' && !knownNames.has(name) && !roots.has(name) && !isUsualTensor(name))
    .sort((a, b) => b.length - a.length)
}
