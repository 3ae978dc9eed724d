import { parsePythonJson } from '../../lib/python/json.ts'
import { strip, stripEnd, whitespace } from '../../lib/python/text.ts'
import { isDict } from '../../lib/python/value.ts'

export type JudgeReply =
  | { readonly kind: 'verdict'; readonly met: boolean }
  /** Asked again at once. */
  | { readonly kind: 'invalid' }
  /** JSON in which the published code cannot look up a key: it raises, and asks again after a pause. */
  | {
      readonly kind: 'raises'
      readonly error: 'TypeError' | 'AttributeError' | 'RecursionError' | 'ValueError'
    }

const openingFence = new RegExp(`^\`\`\`json[${whitespace}]*`)

/** Only an object whose `criteria_met` is exactly true or false is a verdict. A `json` fence around it is allowed. */
export function parseJudgeReply(text: string | null): JudgeReply {
  if (text === null) return { kind: 'raises', error: 'AttributeError' }
  const json = parsePythonJson(removeFence(strip(text)))
  if (!json.ok)
    return json.error === 'JSONDecodeError' ? { kind: 'invalid' } : { kind: 'raises', error: json.error }
  const { value } = json
  if (isDict(value)) {
    const met = value.get('criteria_met')
    return typeof met === 'boolean' ? { kind: 'verdict', met } : { kind: 'invalid' }
  }
  // a text or a list may well contain the key's name, but cannot be asked for it
  const contains = typeof value === 'string' || Array.isArray(value) ? value.includes('criteria_met') : true
  return contains ? { kind: 'raises', error: 'TypeError' } : { kind: 'invalid' }
}

function removeFence(text: string): string {
  const opened = text.replace(openingFence, '')
  return opened.endsWith('```') ? stripEnd(opened.slice(0, -3)) : opened
}
