import * as z from 'zod'
import { bootstrapError, scoreExample, summariseExamples } from '../benchmarks/healthbench/examples.ts'
import { planGrading } from '../benchmarks/healthbench/grading.ts'
import { parseHealthbenchItems } from '../benchmarks/healthbench/items.ts'
import { renderGraderPrompt } from '../benchmarks/healthbench/judge-prompt.ts'
import { parseJudgeReply } from '../benchmarks/healthbench/judge-reply.ts'
import { sha256 } from '../lib/hash.ts'
import { codePointLength } from '../lib/python/text.ts'
import type { Checker } from './checker.ts'

const retryInput = z.object({ judge_outputs: z.array(z.string().nullable()), points: z.number() })
const promptInput = z.object({
  conversation: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
  response: z.string(),
  criterion: z.string(),
  points: z.number(),
})
const judged = z.object({ points: z.array(z.number()), criteria_met: z.array(z.boolean()) })
const aggregateInput = z.object({
  examples: z.array(judged.extend({ theme: z.string(), axes: z.array(z.string()) })),
})

/** HealthBench, by the vectors' `op`. */
export const healthbenchCheckers = {
  parse_judge: {
    check: (input) => {
      const reply = parseJudgeReply(z.object({ text: z.string().nullable() }).parse(input).text)
      return {
        valid: reply.kind === 'verdict',
        criteria_met: reply.kind === 'verdict' ? reply.met : null,
        ...(reply.kind === 'raises' ? { raises: reply.error } : {}),
      }
    },
  },
  grader_prompt_sections: {
    // of the call, which the product makes elsewhere
    ignored: ['request_params', 'n_messages', 'role'],
    check: (input) => {
      const prompt = renderGraderPrompt(promptInput.parse(input))
      return {
        conversation_and_rubric_section: prompt.slice(
          prompt.indexOf('# Conversation'),
          prompt.indexOf('# Instructions'),
        ),
        full_prompt_sha256: sha256(prompt),
        full_prompt_chars: codePointLength(prompt),
      }
    },
  },
  grade_criterion_retry: { check: checkRetries },
  score_example: {
    tolerance: 1e-9,
    check: (input) => {
      const { points, criteria_met } = judged.parse(input)
      const { total, possible, score } = scoreExample(pair(points, criteria_met))
      return { total_score: total, max_possible_score: possible, normalized_score: score, criteria_met }
    },
  },
  aggregate: { tolerance: 1e-9, check: checkAggregate },
  bootstrap_stderr: {
    tolerance: 1e-9,
    check: (input) => ({
      stderr: bootstrapError(z.object({ scores: z.array(z.number()) }).parse(input).scores),
    }),
  },
  healthbench_first_ids: {
    check: async (input, { rows }) => {
      const { limit } = z.object({ limit: z.number() }).parse(input)
      const items = parseHealthbenchItems(await rows('healthbench_easy/healthbench.jsonl'))
      return { prompt_ids: items.slice(0, limit < 0 ? undefined : limit).map(({ id }) => id) }
    },
  },
} as const satisfies Readonly<Record<string, Checker>>

/** The outputs are the grader's replies in turn; `<exception>` is a call that fails, and the last one repeats. */
function checkRetries(input: unknown): unknown {
  const { judge_outputs, points } = retryInput.parse(input)
  const sleeps: number[] = []
  for (let attempt = 1; ; attempt++) {
    const output = judge_outputs[Math.min(attempt, judge_outputs.length) - 1] ?? null
    const step = planGrading(
      attempt,
      output === '<exception>' ? { kind: 'unreachable' } : parseJudgeReply(output),
    )
    if (step.kind === 'done')
      return { criteria_met: step.met, weighted_score: step.met ? points : 0, calls: attempt, sleeps }
    if (step.afterMs > 0) sleeps.push(step.afterMs / 1000)
  }
}

function checkAggregate(input: unknown): unknown {
  const examples = aggregateInput.parse(input).examples.map(({ theme, points, axes, criteria_met }) => ({
    theme,
    criteria: pair(points, criteria_met).map((criterion, index) => ({
      ...criterion,
      axis: axes[index] ?? 'unknown',
    })),
  }))
  const { accuracy, stderr, byTheme, byAxis, criteriaCount } = summariseExamples(examples)
  return {
    accuracy,
    stderr,
    n_examples: examples.length,
    total_grader_calls: criteriaCount,
    by_theme: byTheme,
    by_axis: byAxis,
  }
}

function pair(points: readonly number[], met: readonly boolean[]): { points: number; met: boolean }[] {
  return points.map((each, index) => ({ points: each, met: met[index] ?? false }))
}
