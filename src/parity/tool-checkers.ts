import * as z from 'zod'
import { scoreBfcl } from '../benchmarks/bfcl/score.ts'
import type { ChatTool } from '../domain/chat.ts'
import { renderRepr } from '../lib/python/repr.ts'
import { parseHermes } from '../lib/scoring/hermes.ts'
import { parseToolCall, type ToolCall } from '../lib/scoring/parse-tool-call.ts'
import { asResult } from './answer-checkers.ts'
import type { Checker } from './checker.ts'

const bfclInput = z.object({
  ground_truth: z.string(),
  output: z.string(),
  tool_name: z.string(),
  tool_properties_in_order: z.array(z.string()),
})
const toolCallInput = z.object({
  function: z.string(),
  arguments: z.string(),
  tools: z.array(z.object({ name: z.string(), params_in_order: z.array(z.string()) })),
})

/** Tool calls: vLLM's reading of the text, inspect's reading of the arguments, and the score. */
export const toolCheckers = {
  bfcl: {
    check: (input) => {
      const { ground_truth, output, tool_name, tool_properties_in_order } = bfclInput.parse(input)
      const hermes = parseHermes(output)
      const tool: ChatTool = {
        type: 'function',
        function: {
          name: tool_name,
          description: '',
          parameters: { properties: Object.fromEntries(tool_properties_in_order.map((name) => [name, {}])) },
        },
      }
      const signature = { name: tool_name, parameters: tool_properties_in_order }
      return {
        ...asResult(scoreBfcl({ target: ground_truth, tools: [tool] }, { text: output })),
        hermes: { tool_calls: hermes.calls, content: hermes.content },
        parsed_calls: hermes.calls.map((call) => describe(parseToolCall(call, [signature]))),
      }
    },
  },
  hermes_extract: {
    check: (input) => {
      const { calls, content } = parseHermes(z.object({ text: z.string() }).parse(input).text)
      return { tools_called: calls.length > 0, calls, content }
    },
  },
  parse_tool_call: {
    check: (input) => {
      const { function: name, arguments: text, tools } = toolCallInput.parse(input)
      const signatures = tools.map((tool) => ({ name: tool.name, parameters: tool.params_in_order }))
      return describe(parseToolCall({ name, arguments: text }, signatures))
    },
  },
} as const satisfies Readonly<Record<string, Checker>>

function describe(call: ToolCall): unknown {
  return {
    function: call.name,
    arguments: call.arguments,
    // given in place of the arguments where JSON cannot hold them
    arguments_repr: renderRepr(call.arguments),
    parse_error: call.malformed,
  }
}
