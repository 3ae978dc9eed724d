import {
  ChatTemplateError,
  functionCalls,
  systemMessage,
  textContent,
  type Conversation,
  type TemplateMessage,
} from './conversation.ts'
import { stripFirstNewlines, stripLastNewlines } from './newlines.ts'
import { printJson } from './print-value.ts'

const toolsHead = `# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>`

const toolsFoot = `</tools>

For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
<tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call>`

/** `catalog/templates/qwen3.jinja` */
export function renderQwen3(conversation: Conversation): string {
  const { messages, addGenerationPrompt, enableThinking } = conversation
  const lastQuery = findLastQuery(messages)
  const turns = messages.map((message, index) => renderTurn({ messages, message, index, lastQuery }))
  const head = addGenerationPrompt ? '<|im_start|>assistant\n' : ''
  const noThought = addGenerationPrompt && enableThinking === false ? '<think>\n\n</think>\n\n' : ''
  return renderSystem(conversation) + turns.join('') + head + noThought
}

function renderSystem(conversation: Conversation): string {
  const system = systemMessage(conversation)
  const tools = conversation.tools ?? []
  if (tools.length === 0)
    return system === undefined ? '' : `<|im_start|>system\n${systemText(system, 'right')}<|im_end|>\n`
  const text = system === undefined ? '' : `${systemText(system, 'left')}\n\n`
  const lines = [toolsHead, ...tools.map(printJson), toolsFoot]
  return `<|im_start|>system\n${text}${lines.join('\n')}<|im_end|>\n`
}

/** Fails as Python's `+` does, in which the system's content stands on this side. */
function systemText({ content }: TemplateMessage, side: 'left' | 'right'): string {
  if (typeof content === 'string') return content
  if (content === undefined)
    throw new ChatTemplateError('UndefinedError', "'dict object' has no attribute 'content'")
  const type = content === null ? 'NoneType' : 'list'
  if (side === 'right')
    throw new ChatTemplateError('TypeError', `can only concatenate str (not "${type}") to str`)
  throw new ChatTemplateError(
    'TypeError',
    content === null
      ? "unsupported operand type(s) for +: 'NoneType' and 'str'"
      : 'can only concatenate list (not "str") to list',
  )
}

/** Index of the last user's text that is not a tool's result; of the last message where there is none. */
function findLastQuery(messages: readonly TemplateMessage[]): number {
  const index = messages.findLastIndex(
    ({ role, content }) =>
      role === 'user' &&
      typeof content === 'string' &&
      !(content.startsWith('<tool_response>') && content.endsWith('</tool_response>')),
  )
  return index === -1 ? messages.length - 1 : index
}

interface Turn {
  readonly messages: readonly TemplateMessage[]
  readonly message: TemplateMessage
  readonly index: number
  readonly lastQuery: number
}

function renderTurn({ messages, message, index, lastQuery }: Turn): string {
  const content = textContent(message)
  switch (message.role) {
    case 'assistant': {
      const keepsThought = index > lastQuery
      return renderAssistant(message, { keepsThought, isLast: index === messages.length - 1 })
    }
    case 'tool': {
      const head = messages[index - 1]?.role === 'tool' ? '' : '<|im_start|>user'
      const foot = messages[index + 1]?.role === 'tool' ? '' : '<|im_end|>\n'
      return `${head}\n<tool_response>\n${content}\n</tool_response>${foot}`
    }
    case 'system':
      return index === 0 ? '' : `<|im_start|>system\n${content}<|im_end|>\n`
    case 'user':
      return `<|im_start|>user\n${content}<|im_end|>\n`
    default:
      return ''
  }
}

interface Place {
  /** After the last query. */
  readonly keepsThought: boolean
  readonly isLast: boolean
}

function renderAssistant(message: TemplateMessage, { keepsThought, isLast }: Place): string {
  const { thought, text } = splitThought(message)
  const body =
    keepsThought && (isLast || thought !== '')
      ? `<think>\n${stripFirstNewlines(stripLastNewlines(thought))}\n</think>\n\n${stripFirstNewlines(text)}`
      : text
  const calls = functionCalls(message).map(({ name, arguments: args }, index) => {
    const json = typeof args === 'string' ? args : printJson(args)
    return `${text !== '' || index > 0 ? '\n' : ''}<tool_call>\n{"name": "${name}", "arguments": ${json}}\n</tool_call>`
  })
  return `<|im_start|>assistant\n${body}${calls.join('')}<|im_end|>\n`
}

/** The text is what follows the last `</think>`; the thought lies before the first. */
function splitThought(message: TemplateMessage): { readonly thought: string; readonly text: string } {
  const content = textContent(message)
  if (typeof message.reasoning_content === 'string')
    return { thought: message.reasoning_content, text: content }
  const pieces = content.split('</think>')
  if (pieces.length === 1) return { thought: '', text: content }
  const before =
    stripLastNewlines(pieces[0] ?? '')
      .split('<think>')
      .at(-1) ?? ''
  return { thought: stripFirstNewlines(before), text: stripFirstNewlines(pieces.at(-1) ?? '') }
}
