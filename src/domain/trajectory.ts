import * as z from 'zod'

/**
 * ATIF 1.7, the Agent Trajectory Interchange Format (Harbor RFC 0001): field by field as in its JSON Schema, and the
 * rules beyond it. Unknown fields are errors there; whatever the format has no place for stands in an `extra`.
 */
const extra = z.record(z.string(), z.unknown()).nullish()
const count = z.number().int()

const contentPartSchema = z
  .strictObject({
    type: z.enum(['text', 'image']),
    text: z.string().nullish(),
    source: z
      .strictObject({
        media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
        path: z.string(),
      })
      .nullish(),
  })
  .refine((part) => (part.type === 'text') === (typeof part.text === 'string'), {
    error: 'a part is either text or an image',
  })
  .refine((part) => (part.type === 'image') === (part.source !== undefined && part.source !== null), {
    error: 'an image, and nothing else, has a source',
  })

const contentSchema = z.union([z.string(), z.array(contentPartSchema)])
export type Content = z.infer<typeof contentSchema>

const toolCallSchema = z.strictObject({
  tool_call_id: z.string(),
  function_name: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  extra,
})
export type ToolCall = z.infer<typeof toolCallSchema>

const subagentRefSchema = z
  .strictObject({
    trajectory_id: z.string().nullish(),
    trajectory_path: z.string().nullish(),
    session_id: z.string().nullish(),
    extra,
  })
  .refine((ref) => typeof (ref.trajectory_id ?? ref.trajectory_path) === 'string', {
    error: 'a reference needs a trajectory_id or a trajectory_path',
  })

const resultSchema = z.strictObject({
  source_call_id: z.string().nullish(),
  content: contentSchema.nullish(),
  subagent_trajectory_ref: z.array(subagentRefSchema).nullish(),
  extra,
})
export type ObservationResult = z.infer<typeof resultSchema>

const metricsSchema = z.strictObject({
  /** Cached ones included. */
  prompt_tokens: count.nullish(),
  completion_tokens: count.nullish(),
  cached_tokens: count.nullish(),
  cost_usd: z.number().nullish(),
  prompt_token_ids: z.array(count).nullish(),
  completion_token_ids: z.array(count).nullish(),
  logprobs: z.array(z.number()).nullish(),
  extra,
})
export type Metrics = z.infer<typeof metricsSchema>

const stepSchema = z
  .strictObject({
    step_id: count.min(1),
    timestamp: z.string().nullish(),
    source: z.enum(['system', 'user', 'agent']),
    message: contentSchema,
    model_name: z.string().nullish(),
    reasoning_effort: z.union([z.string(), z.number()]).nullish(),
    reasoning_content: z.string().nullish(),
    tool_calls: z.array(toolCallSchema).nullish(),
    observation: z.strictObject({ results: z.array(resultSchema) }).nullish(),
    metrics: metricsSchema.nullish(),
    is_copied_context: z.boolean().nullish(),
    llm_call_count: count.min(0).nullish(),
    extra,
  })
  .check(({ value: step, issues }) => {
    const refuse = (message: string): void => void issues.push({ code: 'custom', message, input: step })
    if (step.source !== 'agent')
      for (const key of agentOnly)
        if (step[key] !== undefined && step[key] !== null) refuse(`only an agent's step may have ${key}`)
    if (step.source === 'agent' && step.llm_call_count === 0 && (step.metrics ?? step.reasoning_content))
      refuse('a step without a model call has neither metrics nor reasoning')
    const calls = new Set(step.tool_calls?.map((call) => call.tool_call_id))
    for (const { source_call_id: id } of step.observation?.results ?? [])
      if (typeof id === 'string' && !calls.has(id)) refuse(`no call of this step is named ${id}`)
  })
export type Step = z.infer<typeof stepSchema>

const agentOnly = ['model_name', 'reasoning_effort', 'reasoning_content', 'tool_calls', 'metrics'] as const

const agentSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  model_name: z.string().nullish(),
  tool_definitions: z.array(z.record(z.string(), z.unknown())).nullish(),
  extra,
})

const finalMetricsSchema = z.strictObject({
  total_prompt_tokens: count.nullish(),
  total_completion_tokens: count.nullish(),
  total_cached_tokens: count.nullish(),
  total_cost_usd: z.number().nullish(),
  total_steps: count.min(0).nullish(),
  extra,
})
export type FinalMetrics = z.infer<typeof finalMetricsSchema>

export interface Trajectory {
  schema_version?: 'ATIF-v1.7' | undefined
  session_id?: string | null | undefined
  trajectory_id?: string | null | undefined
  agent: z.infer<typeof agentSchema>
  steps: Step[]
  notes?: string | null | undefined
  final_metrics?: FinalMetrics | null | undefined
  continued_trajectory_ref?: string | null | undefined
  extra?: Record<string, unknown> | null | undefined
  subagent_trajectories?: Trajectory[] | null | undefined
}

export const trajectorySchema: z.ZodType<Trajectory> = z
  .strictObject({
    schema_version: z.literal('ATIF-v1.7').optional(),
    session_id: z.string().nullish(),
    trajectory_id: z.string().nullish(),
    agent: agentSchema,
    steps: z.array(stepSchema).min(1),
    notes: z.string().nullish(),
    final_metrics: finalMetricsSchema.nullish(),
    continued_trajectory_ref: z.string().nullish(),
    extra,
    subagent_trajectories: z.lazy(() => z.array(trajectorySchema)).nullish(),
  })
  .check(({ value: trajectory, issues }) => {
    const refuse = (message: string): void =>
      void issues.push({ code: 'custom', message, input: trajectory.trajectory_id })
    if (trajectory.steps.some((step, index) => step.step_id !== index + 1))
      refuse('steps are numbered from 1 without gaps')
    const embedded = trajectory.subagent_trajectories?.map((subagent) => subagent.trajectory_id) ?? []
    const ids = new Set(embedded)
    if (ids.size !== embedded.length || embedded.some((id) => typeof id !== 'string'))
      refuse('every embedded trajectory has an id of its own')
    for (const step of trajectory.steps)
      for (const result of step.observation?.results ?? [])
        for (const { trajectory_id: id, trajectory_path: path } of result.subagent_trajectory_ref ?? [])
          if (typeof id === 'string' && typeof path !== 'string' && !ids.has(id))
            refuse(`no embedded trajectory is named ${id}`)
  })
