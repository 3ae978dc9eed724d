import type { ChatTool } from '../../domain/chat.ts'
import type { Rng } from '../../lib/rng.ts'
import type { Draft, Side } from '../nano-draw.ts'
import { drawValue, seenFunctions, unseenFunctions, type ToolFunction } from './functions.ts'

/** On the test side every so-many-th item asks for an unseen function: 50 of 300. */
const unseenEvery = 6

export function draftTools(rng: Rng, side: Side, position: number): Draft {
  const unseen = side === 'test' && position % unseenEvery === unseenEvery - 1
  const wanted = rng.pick(unseen ? unseenFunctions : seenFunctions)
  const values = Object.entries(wanted.parameters).map(
    ([name, kind]) => [name, drawValue(kind, rng)] as const,
  )
  const question = values.reduce(
    (text, [name, value]) => text.replace(`{${name}}`, () => String(value)),
    rng.pick(wanted.utterances),
  )
  const target = renderCall(wanted.name, values)
  return {
    question,
    prompt: question,
    tools: offer(wanted, side, rng).map(toChatTool),
    target,
    completion: `<tool_call>\n${target}\n</tool_call>`,
    metadata: { function: wanted.name, seen: !unseen },
  }
}

/** The wanted function among one or two others, in any order. */
function offer(wanted: ToolFunction, side: Side, rng: Rng): ToolFunction[] {
  const known = side === 'train' ? seenFunctions : [...seenFunctions, ...unseenFunctions]
  const others = rng.shuffle(known.filter(({ name }) => name !== wanted.name))
  return rng.shuffle([wanted, ...others.slice(0, rng.int(1, 2))])
}

function toChatTool({ name, description, parameters }: ToolFunction): ChatTool {
  const types = Object.entries(parameters).map(([parameter, kind]) => [
    parameter,
    kind === 'number' ? 'integer' : 'string',
  ])
  return { type: 'function', function: { name, description, parameters: Object.fromEntries(types) } }
}

/** JSON as Python's json.dumps and chat templates write it, with a space after `:` and `,`. */
function renderCall(name: string, values: readonly (readonly [string, string | number])[]): string {
  const fields = values.map(([parameter, value]) => `${JSON.stringify(parameter)}: ${JSON.stringify(value)}`)
  return `{"name": ${JSON.stringify(name)}, "arguments": {${fields.join(', ')}}}`
}
