import * as z from 'zod'
import type { Item, Score, ScoredSample, ScoreSummary } from '../../domain/benchmark.ts'
import type { ScoringTools } from '../../domain/scoring.ts'
import { limitRepetitions } from '../../lib/scoring/limit-repetitions.ts'
import { dropLeadingThinking } from '../../lib/scoring/thinking.ts'
import { mean } from '../../lib/stats.ts'
import { scoreExample, summariseExamples } from './examples.ts'
import { failedCallWaitsMs, maxAttempts } from './grading.ts'
import { rubricsSchema } from './items.ts'
import { renderGraderPrompt } from './judge-prompt.ts'
import { parseJudgeReply } from './judge-reply.ts'

const judgeMaxTokens = 49_152

const detailsSchema = z.object({
  theme: z.string(),
  criteria: z.array(
    z.object({ points: z.number(), met: z.boolean(), axis: z.string(), graded: z.boolean() }),
  ),
})

/** What the grader reads of an answer. */
export function postprocessAnswer(text: string): string {
  return limitRepetitions(dropLeadingThinking(text))
}

/** One call of the judge per criterion; a criterion that nobody could grade counts as not met, and is shown. */
export async function scoreHealthbench(
  { id, messages, metadata }: Pick<Item, 'id' | 'messages' | 'metadata'>,
  { text }: { readonly text: string },
  { judge }: Pick<ScoringTools, 'judge'>,
): Promise<Score> {
  const { theme, criteria } = rubricsSchema.parse(metadata)
  const response = postprocessAnswer(text)
  const graded = await Promise.all(
    criteria.map(async ({ criterion, points, axis }, index) => {
      const content = renderGraderPrompt({ conversation: messages, response, criterion, points })
      const reply = await judge.ask({
        key: `${id}/criterion-${index + 1}`,
        messages: [{ role: 'user', content }],
        maxTokens: judgeMaxTokens,
        attempts: maxAttempts,
        waitsMs: failedCallWaitsMs,
        isUsable: (candidate) => parseJudgeReply(candidate).kind === 'verdict',
      })
      const verdict = parseJudgeReply(reply)
      return verdict.kind === 'verdict'
        ? { points, axis, met: verdict.met, graded: true }
        : { points, axis, met: false, graded: false }
    }),
  )
  const { score } = scoreExample(graded)
  return {
    value: Math.min(1, Math.max(0, score)),
    answer: response,
    details: { theme, criteria: graded, score },
  }
}

/** Each pass by itself, in the order of the items; then the mean of passes. Breakdowns are over all passes. */
export function summariseHealthbench(samples: readonly ScoredSample[]): ScoreSummary {
  const passes = [...Map.groupBy(samples, ({ pass }) => pass).values()].map((ofPass) =>
    summariseExamples(ofPass.map(({ details }) => detailsSchema.parse(details))),
  )
  if (passes.length === 0) return { accuracy: 0, stderr: 0 }
  const examples = samples.map(({ details }) => detailsSchema.parse(details))
  const overall = summariseExamples(examples)
  return {
    accuracy: mean(passes.map(({ accuracy }) => accuracy)),
    stderr: mean(passes.map(({ stderr }) => stderr)),
    details: {
      byTheme: Object.fromEntries(overall.byTheme),
      byAxis: Object.fromEntries(overall.byAxis),
      criteria: overall.criteriaCount,
      ungraded: examples.flatMap(({ criteria }) => criteria.filter(({ graded }) => !graded)).length,
    },
  }
}
