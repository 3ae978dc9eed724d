import { isDeepStrictEqual } from 'node:util'
import type { Item, Score } from '../../domain/benchmark.ts'

const opening = '<tool_call>'
const closing = '</tool_call>'

/**
 * The text must hold exactly one tool block, whose JSON equals the target; the order of keys does not matter.
 * Text around the block is ignored.
 */
export function scoreTools(item: Pick<Item, 'target'>, output: { readonly text: string }): Score {
  const block = readOnlyBlock(output.text)
  if ('fault' in block) return { value: 0, answer: null, explanation: block.fault }
  const called = parseJson(block.json)
  if (called === undefined) return { value: 0, answer: block.json, explanation: 'the block is not JSON' }
  const correct = isDeepStrictEqual(called, parseJson(item.target))
  return { value: correct ? 1 : 0, answer: block.json }
}

function readOnlyBlock(text: string): { readonly json: string } | { readonly fault: string } {
  const start = text.indexOf(opening)
  const end = text.indexOf(closing)
  if (start === -1 || end < start) return { fault: 'no tool block' }
  if (start !== text.lastIndexOf(opening) || end !== text.lastIndexOf(closing))
    return { fault: 'more than one tool block' }
  return { json: text.slice(start + opening.length, end).trim() }
}

/** Undefined for what is not JSON: no JSON value is undefined. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
