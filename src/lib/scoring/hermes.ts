import { parsePythonJson, renderPythonJson } from '../python/json.ts'
import { isDict } from '../python/value.ts'

export interface RawToolCall {
  readonly name: string
  /** JSON text, as Python writes it. */
  readonly arguments: string
}

export interface HermesReply {
  readonly calls: readonly RawToolCall[]
  /** What remains as text; null where that is nothing. */
  readonly content: string | null
}

const open = '<tool_call>'
const close = '</tool_call>'

/**
 * vLLM's `hermes` tool parser on a whole reply, thinking included. All or nothing: one capture that is no JSON object with
 * a string `name` and `arguments` and the reply has no calls at all.
 */
export function parseHermes(text: string): HermesReply {
  const none: HermesReply = { calls: [], content: text }
  const first = text.indexOf(open)
  if (first === -1) return none
  const calls: RawToolCall[] = []
  for (const capture of captures(text)) {
    const call = parseCall(capture)
    if (call === null) return none
    calls.push(call)
  }
  return { calls, content: first === 0 ? null : text.slice(0, first) }
}

/** Up to the next closing tag, or to the end where there is none. */
function* captures(text: string): Generator<string> {
  for (let start = text.indexOf(open); start !== -1;) {
    const end = text.indexOf(close, start + open.length)
    yield text.slice(start + open.length, end === -1 ? undefined : end)
    start = end === -1 ? -1 : text.indexOf(open, end + close.length)
  }
}

function parseCall(text: string): RawToolCall | null {
  const json = parsePythonJson(text)
  if (!json.ok || !isDict(json.value)) return null
  const name = json.value.get('name')
  const values = json.value.get('arguments')
  if (typeof name !== 'string' || values === undefined) return null
  const rendered = renderPythonJson(values)
  // the server's data model refuses text that is not Unicode
  return name.isWellFormed() && rendered.isWellFormed() ? { name, arguments: rendered } : null
}
