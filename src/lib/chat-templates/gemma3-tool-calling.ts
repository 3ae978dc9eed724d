import { functionCalls, systemMessage, type Conversation, type TemplateMessage } from './conversation.ts'
import { gemmaContent, gemmaPreface, gemmaRole } from './gemma3.ts'
import { printJson, printValue } from './print-value.ts'

const toolsHead = `# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>`

const toolsFoot = `</tools>

For each function call, return a JSON object with the function name and arguments
inside <tool_call></tool_call> tags, like:

<tool_call>
{"name": "<function-name>", "arguments": { ... }}
</tool_call>
`

/** `catalog/templates/gemma3_tool_calling.jinja`: where a role is not followed by a newline, that is so upstream. */
export function renderGemma3ToolCalling(conversation: Conversation): string {
  const system = systemMessage(conversation)
  const tools = conversation.tools ?? []
  const showsTools = tools.length > 0
  const turns = system === undefined ? conversation.messages : conversation.messages.slice(1)
  const preface = showsTools || system === undefined ? '' : gemmaPreface(system)
  const rendered = turns.map((message, index) => renderTurn(message, index === 0 ? preface : ''))
  return [
    `${conversation.bosToken ?? '<bos>'}\n`,
    showsTools ? renderTools(tools, system) : '',
    '\n\n',
    ...rendered,
    conversation.addGenerationPrompt ? '<start_of_turn>model' : '',
  ].join('')
}

/** A system's text that comes as a list of parts is printed as the list. */
function renderTools(tools: readonly unknown[], system: TemplateMessage | undefined): string {
  const text = system?.content === undefined ? '' : printValue(system.content)
  return `<start_of_turn>system${text}${toolsHead}${tools.map(printJson).join('')}${toolsFoot}<end_of_turn>`
}

function renderTurn(message: TemplateMessage, preface: string): string {
  const content = gemmaContent(message)
  const body =
    message.role === 'tool'
      ? `user\n<tool_response>${content}</tool_response>\n`
      : gemmaRole(message) + preface + content
  const calls = functionCalls(message).map(({ name, arguments: args }) => {
    const json = typeof args === 'string' ? args : printJson(args)
    return `<tool_call>\n{"name": "${name}", "arguments": ${json}}\n</tool_call>`
  })
  return `<start_of_turn>${body}${calls.join('')}<end_of_turn>`
}
