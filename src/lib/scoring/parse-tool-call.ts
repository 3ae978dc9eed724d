import { parsePythonJson } from '../python/json.ts'
import { strip } from '../python/text.ts'
import { isDict, type PythonDict } from '../python/value.ts'
import { parsePythonYaml } from '../python/yaml.ts'
import type { RawToolCall } from './hermes.ts'

export interface ToolSignature {
  readonly name: string
  readonly parameters: readonly string[]
}

export interface ToolCall {
  readonly name: string
  readonly arguments: PythonDict
  /** The arguments looked like an object and were none; they count as empty. */
  readonly malformed: boolean
}

/**
 * As inspect reads the arguments of a call: text that begins with a brace is JSON; anything else is YAML, or else plain
 * text, and the value of the tool's first parameter. A tool that is not known, or has no parameters, gets nothing.
 */
export function parseToolCall(call: RawToolCall, tools: readonly ToolSignature[]): ToolCall {
  const text = strip(call.arguments)
  if (text.startsWith('{')) {
    const json = parsePythonJson(text)
    return json.ok && isDict(json.value)
      ? { name: call.name, arguments: json.value, malformed: false }
      : { name: call.name, arguments: new Map(), malformed: true }
  }
  const first = tools.find(({ name, parameters }) => name === call.name && parameters.length > 0)
    ?.parameters[0]
  if (first === undefined) return { name: call.name, arguments: new Map(), malformed: false }
  const yaml = parsePythonYaml(text)
  return { name: call.name, arguments: new Map([[first, yaml.ok ? yaml.value : text]]), malformed: false }
}
