import type { Item } from '../../domain/benchmark.ts'
import { renderPythonJson } from '../../lib/python/json.ts'
import { parseCallTarget } from './call-target.ts'
import { bfclRowSchema, planBfclRequests } from './request.ts'

/** The target is the expected call as the data have it, in Python. */
export function parseBfclItems(rows: readonly unknown[]): Item[] {
  const parsed = rows.map((row) => bfclRowSchema.parse(row))
  const requests = planBfclRequests(parsed)
  return parsed.flatMap(({ id, ground_truth: [target] }, index) => {
    const request = requests[index]
    if (request === undefined) return []
    const asked = request.messages.map(({ content }) => content)
    return [{ id, ...request, target, completion: spellCall(target), fingerprints: [...asked, target] }]
  })
}

/** As a model has to write it. */
function spellCall(target: string): string {
  const call = parseCallTarget(target)
  return `<tool_call>\n{"name": ${renderPythonJson(call.name)}, "arguments": ${renderPythonJson(call.arguments)}}\n</tool_call>`
}
