import type { Content, Metrics, ObservationResult, Step, ToolCall } from './trajectory.ts'

export interface Note {
  readonly kind: string
  readonly at: string | null
  readonly text?: string
  /** The event as it was. */
  readonly event?: unknown
  readonly failed?: boolean
  readonly extra?: Readonly<Record<string, unknown>>
}

/** A step that is still being written. */
export interface MutableStep {
  /** From 1, of its thread. */
  readonly number: number
  /** False where there was no room: it is counted, and let go as soon as nothing waits for it. */
  readonly recorded: boolean
  readonly source: Step['source']
  at: string | null
  /** What is said in pieces, or at once. */
  readonly texts: string[]
  message: Content | null
  readonly reasoning: string[]
  readonly calls: Map<string, ToolCall>
  readonly results: ObservationResult[]
  model: string | null
  metrics: Metrics | null
  llmCalls: number | null
  extra: Record<string, unknown>
  /** The text that still grows. */
  growing: 'message' | 'reasoning' | null
  closed: boolean
}

/** Another line or event of the same kind. */
export function extendNote(step: MutableStep, { text = '', at, event }: Note): void {
  if (text !== '') {
    step.texts.push(text)
    if (at !== null) append(step, 'times', at)
  }
  if (event !== undefined) append(step, 'events', event)
}

function append(step: MutableStep, key: string, value: unknown): void {
  const list = step.extra[key]
  if (Array.isArray(list)) list.push(value)
  else step.extra[key] = [value]
}

export function buildStep(step: MutableStep, number: number): Step {
  const { source, at, texts, message, reasoning, calls, results, model, metrics, llmCalls, extra } = step
  return {
    step_id: number,
    ...(at === null ? {} : { timestamp: at }),
    source,
    message: message ?? texts.join(source === 'system' ? '\n' : '\n\n'),
    ...(model === null ? {} : { model_name: model }),
    ...(reasoning.length === 0 ? {} : { reasoning_content: reasoning.join('\n\n') }),
    ...(calls.size === 0 ? {} : { tool_calls: [...calls.values()] }),
    ...(results.length === 0 ? {} : { observation: { results: results.map((result) => ({ ...result })) } }),
    ...(metrics === null ? {} : { metrics }),
    ...(llmCalls === null ? {} : { llm_call_count: llmCalls }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

/** Links a subagent from the result of its call; a call that has none yet gets an empty one. */
export function refer(steps: readonly Step[], call: string, id: string): void {
  const step = steps.findLast((one) => one.tool_calls?.some(({ tool_call_id: name }) => name === call))
  if (step === undefined) return
  const reference = { trajectory_id: id }
  const result = step.observation?.results.find(({ source_call_id: name }) => name === call)
  if (result !== undefined) result.subagent_trajectory_ref = [reference]
  else
    step.observation = {
      results: [
        ...(step.observation?.results ?? []),
        {
          source_call_id: call,
          content: null,
          subagent_trajectory_ref: [reference],
          extra: { pending: true },
        },
      ],
    }
}

export function plainText(content: Content): string {
  return typeof content === 'string'
    ? content
    : content.map((part) => part.text ?? `[${part.source?.media_type ?? 'image'}]`).join('\n')
}
