import * as z from 'zod'
import { bfclRowSchema, planBfclRequests } from '../benchmarks/bfcl/request.ts'
import { sha256 } from '../lib/hash.ts'
import { ChatTemplateError, type ContentPart } from '../lib/chat-templates/conversation.ts'
import { chatTemplateNames, renderChat, type RenderChatOptions } from '../lib/chat-templates/render-chat.ts'
import { codePointLength } from '../lib/python/text.ts'

const templateSchema = z
  .string()
  .transform((file) => file.replace(/\.jinja$/, ''))
  .pipe(z.enum(chatTemplateNames))

/** Kept as it is: a template prints the list of parts, in which the order of fields shows. */
const partSchema = z.custom<ContentPart>(
  (part) => z.object({ type: z.string(), text: z.string().optional() }).safeParse(part).success,
)
const functionCallSchema = z.object({ name: z.string(), arguments: z.unknown() })

const chatTemplateInputSchema = z.object({
  template: templateSchema,
  messages: z.array(
    z.object({
      role: z.string(),
      content: z.union([z.string(), z.array(partSchema), z.null()]).optional(),
      reasoning_content: z.string().nullish(),
      tool_calls: z
        .array(z.union([z.object({ function: functionCallSchema }), functionCallSchema]))
        .nullish(),
    }),
  ),
  tools: z.array(z.unknown()).nullable(),
  add_generation_prompt: z.boolean(),
  kwargs: z.strictObject({
    enable_thinking: z.boolean().optional(),
    xml_tools: z.array(z.unknown()).optional(),
    python_tools: z.array(z.unknown()).optional(),
  }),
  bos_token: z.string().nullable(),
  strftime_now: z.string().nullable(),
})

/** `chat_templates.jsonl`: the prompt, or the error of Python that the conversation meets. */
export function checkChatTemplate(input: unknown): unknown {
  const { kwargs, ...vector } = chatTemplateInputSchema.parse(input)
  return renderOrRefuse({
    template: vector.template,
    messages: vector.messages,
    tools: vector.tools,
    addGenerationPrompt: vector.add_generation_prompt,
    enableThinking: kwargs.enable_thinking,
    xmlTools: kwargs.xml_tools,
    pythonTools: kwargs.python_tools,
    bosToken: vector.bos_token ?? '',
    date: vector.strftime_now ?? '',
  })
}

function renderOrRefuse(options: RenderChatOptions): unknown {
  try {
    return { rendered: renderChat(options) }
  } catch (error) {
    if (error instanceof ChatTemplateError) return { raises: error.raises, message: error.message }
    throw error
  }
}

const bfclPromptInputSchema = z.object({
  sample_id: z.string(),
  template: templateSchema,
  strftime_now: z.string().nullable(),
})

/**
 * `bfcl_rendered_prompts.jsonl`: hash and length of the prompt that a row of the data set becomes.
 * @param rows all rows of `BFCL_v3_exec_simple.json`, in their order
 */
export function createBfclPromptChecker(rows: readonly unknown[]): (input: unknown) => unknown {
  const parsed = rows.map((row) => bfclRowSchema.parse(row))
  const requests = new Map(planBfclRequests(parsed).map((request, index) => [parsed[index]?.id, request]))
  return (input) => {
    const vector = bfclPromptInputSchema.parse(input)
    const request = requests.get(vector.sample_id)
    if (request === undefined) throw new Error(`there is no row ${vector.sample_id}`)
    const prompt = renderChat({
      ...request,
      template: vector.template,
      addGenerationPrompt: true,
      date: vector.strftime_now ?? '',
    })
    return { sha256: sha256(prompt), chars: codePointLength(prompt) }
  }
}
