import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { ParsedNode } from 'yaml'
import { resolvePlainScalar } from './yaml-scalar.ts'
import type { PythonValue } from './value.ts'

export type PythonYaml = { readonly ok: true; readonly value: PythonValue } | { readonly ok: false }

/** PyYAML reads no control characters at all, but for tab, line breaks and NEL. */
const unprintable = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

/**
 * `yaml.safe_load` (PyYAML, YAML 1.1) for what a model may give as a tool's argument: scalars, lists and mappings with
 * text keys. Tags, anchors in use and other keys are refused, where PyYAML accepts some.
 */
export function parsePythonYaml(text: string): PythonYaml {
  if (unprintable.test(text) || nestingOf(text) > maxNesting) return { ok: false }
  const document = parseDocument(text, {
    version: '1.1',
    schema: 'failsafe',
    uniqueKeys: false,
    logLevel: 'silent',
    prettyErrors: false,
  })
  if (document.errors.length > 0) return { ok: false }
  return document.contents === null ? { ok: true, value: null } : convert(document.contents)
}

/** Readers recurse; a hostile text may open brackets without end. */
const maxNesting = 200

function nestingOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1
    deepest = Math.max(deepest, depth)
  }
  return deepest
}

function convert(node: ParsedNode): PythonYaml {
  if (isAlias(node) || node.tag !== undefined) return { ok: false }
  if (isScalar(node)) {
    const source = String(node.value)
    return node.type === 'PLAIN' ? resolvePlainScalar(source) : { ok: true, value: source }
  }
  if (isSeq(node)) {
    const items: PythonValue[] = []
    for (const item of node.items) {
      const value = convert(item)
      if (!value.ok) return value
      items.push(value.value)
    }
    return { ok: true, value: items }
  }
  if (!isMap(node)) return { ok: false }
  const entries = new Map<string, PythonValue>()
  for (const { key, value } of node.items) {
    const name = convert(key)
    const item: PythonYaml = value === null ? { ok: true, value: null } : convert(value)
    if (!name.ok || typeof name.value !== 'string' || !item.ok) return { ok: false }
    entries.set(name.value, item.value)
  }
  return { ok: true, value: entries }
}
