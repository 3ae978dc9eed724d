import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPythonEnvironment } from '../../setup/python.ts'
import { runCommand } from '../process.ts'
import { ChatTemplateError } from './conversation.ts'
import { chatTemplateNames, renderChat, type RenderChatOptions } from './render-chat.ts'
import { readChatTemplate, spellDate } from './template-file.ts'

/** Renders as the engines do: vLLM calls the same function. */
const script = `
import json, sys
from transformers.utils.chat_template_utils import render_jinja_template

def render(chat):
    arguments = {name: value for name, value in chat["arguments"].items() if value is not None}
    try:
        prompts, _ = render_jinja_template(conversations=[chat["messages"]], tools=chat["tools"],
            chat_template=chat["template"], add_generation_prompt=chat["addGenerationPrompt"], **arguments)
        return prompts[0]
    except Exception as error:
        return {"raises": type(error).__name__}

print(json.dumps([render(chat) for chat in json.load(sys.stdin)]))
`
const environment = await readPythonEnvironment()
const isoDate = '2026-03-05'
const date = spellDate(isoDate)

describe.skipIf(environment === null)(
  'templates for engines (skipped without the Python of `ptb setup`)',
  () => {
    test.each(chatTemplateNames)('%s.jinja gives the prompts that are rendered here', async (template) => {
      const chats = fc.sample(conversations, { numRuns: 400, seed: 20260305 })
      const options = chats.map((chat) => ({ ...chat, template, date }))
      const prompts = await renderInPython(options)
      expect(prompts.filter((prompt) => typeof prompt === 'string').length).toBeGreaterThan(100)
      // each with its conversation, so that a failure shows it
      const rendered = options.map((chat) => ({ chat, prompt: renderOrRefuse(chat) }))
      expect(rendered).toEqual(options.map((chat, index) => ({ chat, prompt: prompts[index] })))
    })
  },
)

async function renderInPython(chats: readonly RenderChatOptions[]): Promise<unknown[]> {
  const input = await Promise.all(
    chats.map(async ({ template, messages, tools, addGenerationPrompt, ...rest }) => ({
      template: await readChatTemplate({ template, date: isoDate }),
      messages,
      tools: tools ?? null,
      addGenerationPrompt,
      arguments: {
        bos_token: '<bos>',
        enable_thinking: rest.enableThinking,
        xml_tools: rest.xmlTools,
        python_tools: rest.pythonTools,
      },
    })),
  )
  const result = await runCommand([environment?.python ?? '', '-c', script], {
    input: JSON.stringify(input),
    maxOutputBytes: 64 * 1024 * 1024,
  })
  if (result.code !== 0) throw new Error(result.stderr)
  // The script prints an array.
  return JSON.parse(result.stdout) as unknown[]
}

function renderOrRefuse(chat: RenderChatOptions): unknown {
  try {
    return renderChat(chat)
  } catch (error) {
    if (error instanceof ChatTemplateError) return { raises: error.raises }
    throw error
  }
}

const texts = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: fc.string({ maxLength: 12, unit: 'grapheme-ascii' }) },
      fc.constantFrom('<think>', '</think>', '<tool_response>', '</tool_response>', '/think', '/no_think'),
      fc.constantFrom('/system_override', '{{ x }}', '{% y %}', '<|im_end|>'),
      fc.constantFrom(
        '\n',
        '\n\n',
        ' ',
        '\t',
        '\r',
        '\x1c',
        '\x85',
        '\xa0',
        '\u2028',
        '\u3000',
        '\ufeff',
        '\u200b',
      ),
      fc.constantFrom('é', '中', '😀', '\x00', '\x7f', '\xad', '\ue000', '\u{e0001}', "'", '"', '\\'),
    ),
    { maxLength: 5 },
  )
  .map((pieces) => pieces.join(''))

const numbers = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1e-5, 0.0001, -1.5e-7, 1e16, 1e21, 1.5e300, 2 ** 53, 0.1),
)

const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(texts, numbers, fc.boolean(), fc.constant(null)),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(texts, tie('json'), { maxKeys: 3 }),
  ),
}))

const tools = fc.array(
  fc.record({ type: fc.constant('function'), function: fc.record({ name: texts, parameters: json }) }),
  { maxLength: 2 },
)
const calls = fc
  .record({ name: texts, arguments: fc.oneof(fc.dictionary(texts, json, { maxKeys: 2 }), texts) })
  .map((call) => ({ type: 'function', function: call }))

const contents = fc.oneof(
  { weight: 4, arbitrary: texts },
  texts.map((thought) => `<think>${thought}</think>`),
  fc.array(
    fc.oneof(fc.record({ type: fc.constant('text'), text: texts }), fc.constant({ type: 'image' as const })),
    { maxLength: 2 },
  ),
  fc.constant(null),
)

const system = fc.record({ role: fc.constant('system'), content: texts })
const user = fc.record({ role: fc.constant('user'), content: contents })
const assistant = fc.record(
  {
    role: fc.constant('assistant'),
    content: contents,
    reasoning_content: texts,
    tool_calls: fc.array(calls, { maxLength: 2 }),
  },
  { requiredKeys: ['role', 'content'] },
)
const tool = fc.record({ role: fc.constant('tool'), content: contents })

/** Half of them alternate, as Gemma wants them. */
const turns = fc.oneof(
  fc
    .array(fc.tuple(user, assistant), { maxLength: 2 })
    .chain((pairs) => user.map((last) => [...pairs.flat(), last])),
  fc.array(fc.oneof(user, assistant, tool, system), { minLength: 1, maxLength: 5 }),
)

const conversations = fc.record(
  {
    messages: fc
      .tuple(fc.option(system), turns)
      .map(([first, rest]) => (first === null ? rest : [first, ...rest])),
    tools,
    addGenerationPrompt: fc.boolean(),
    enableThinking: fc.boolean(),
    xmlTools: tools,
    pythonTools: fc.array(texts, { maxLength: 2 }),
  },
  { requiredKeys: ['messages', 'addGenerationPrompt'] },
)
