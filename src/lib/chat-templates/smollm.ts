import {
  ChatTemplateError,
  systemMessage,
  textContent,
  type Conversation,
  type TemplateMessage,
} from './conversation.ts'
import { stripEnd } from '../python/text.ts'
import { stripFirstNewlines } from './newlines.ts'
import { printValue } from './print-value.ts'

const plain = 'You are a helpful AI assistant named SmolLM, trained by Hugging Face.'

const thinker = [
  plain,
  'Your role as an assistant involves thoroughly exploring questions through a systematic thinking',
  'process before providing the final precise and accurate solutions. This requires engaging in a',
  'comprehensive cycle of analysis, summarizing, exploration, reassessment, reflection, backtracking,',
  'and iteration to develop well-considered thinking process. Please structure your response into two',
  'main sections: Thought and Solution using the specified format: <think> Thought section </think>',
  'Solution section. In the Thought section, detail your reasoning process in steps. Each step should',
  'include detailed considerations such as analysing questions, summarizing relevant findings,',
  'brainstorming new ideas, verifying the accuracy of the current steps, refining any errors, and',
  'revisiting previous steps. In the Solution section, based on various attempts, explorations, and',
  'reflections from the Thought section, systematically present the final solution that you deem',
  'correct. The Solution section should be logical, accurate, and concise and detail necessary steps',
  'needed to reach the conclusion.',
].join(' ')

const toolsHead = `You may call one or more functions to assist with the user query.
You are provided with function signatures within <tools></tools> XML tags:

<tools>`

const toolsFoot = `</tools>

For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
<tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call>`

const pythonToolsHead = `When you send a message containing Python code between '<code>' and '</code>' tags, it will be executed in a stateful Jupyter notebook environment, and you will then be given the output to continued reasoning in an agentic loop.

You can use the following tools in your python code like regular functions:
<tools>`

const pythonToolsFoot = `</tools>

The state persists between code executions: so variables that you define in one step are still available thereafter.`

/** `catalog/templates/smollm.jinja`: the system turn without tools is never closed; that is so upstream. */
export function renderSmollm(conversation: Conversation): string {
  const system = systemText(systemMessage(conversation))
  const thinks = isThinking(system, conversation.enableThinking)
  const assistantHead = `<|im_start|>assistant\n${thinks ? '' : '<think>\n\n</think>\n'}`
  const turns = conversation.messages.map((message) => renderTurn(message, assistantHead))
  const instructions = stripEnd(system.replaceAll('/no_think', '').replaceAll('/think', ''))
  const first = system.includes('/system_override')
    ? `${stripEnd(instructions.replaceAll('/system_override', ''))}<|im_end|>\n`
    : renderSystem(conversation, { instructions, thinks })
  const head = conversation.addGenerationPrompt ? assistantHead : ''
  return `<|im_start|>system\n${first}${turns.join('')}${head}`
}

/** Fails as Python does, which looks for words in the text and then takes them out. */
function systemText(system: TemplateMessage | undefined): string {
  if (system === undefined) return ''
  const { content } = system
  if (typeof content === 'string') return content
  if (content === null)
    throw new ChatTemplateError('TypeError', "argument of type 'NoneType' is not iterable")
  const missing =
    content === undefined
      ? "'dict object' has no attribute 'content'"
      : "'list object' has no attribute 'replace'"
  throw new ChatTemplateError('UndefinedError', missing)
}

/** Words in the system's text decide over the argument. */
function isThinking(system: string, enableThinking = true): boolean {
  if (system.includes('/no_think')) return false
  return system.includes('/think') || enableThinking
}

interface SystemOptions {
  readonly instructions: string
  readonly thinks: boolean
}

function renderSystem(conversation: Conversation, { instructions, thinks }: SystemOptions): string {
  const metadata = [
    '## Metadata\n',
    'Knowledge Cutoff Date: June 2025',
    `Today Date: ${conversation.date}`,
    `Reasoning Mode: ${thinks ? '/think' : '/no_think'}`,
  ].join('\n')
  const custom = `## Custom Instructions\n\n${instructions || (thinks ? thinker : plain)}`
  return `${metadata}\n\n${custom}\n\n${renderTools(conversation)}`
}

function renderTools({ tools, xmlTools, pythonTools }: Conversation): string {
  const shown = tools?.length ? tools : (xmlTools ?? [])
  const functions = pythonTools ?? []
  if (shown.length === 0 && functions.length === 0) return ''
  const parts = [
    shown.length > 0 ? [toolsHead, ...shown.map(printValue), toolsFoot].join('\n') : '',
    functions.length > 0 ? [pythonToolsHead, ...functions.map(printValue), pythonToolsFoot].join('\n') : '',
  ]
  return `### Tools\n\n${parts.join('')}\n\n<|im_end|>\n`
}

/** Calls are not shown, and a tool's result is a user's turn like any other. */
function renderTurn(message: TemplateMessage, assistantHead: string): string {
  const content = textContent(message)
  switch (message.role) {
    case 'assistant':
      return `${assistantHead}${stripFirstNewlines(content)}<|im_end|>\n`
    case 'user':
    case 'tool':
      return `<|im_start|>user\n${content}<|im_end|>\n`
    default:
      return ''
  }
}
