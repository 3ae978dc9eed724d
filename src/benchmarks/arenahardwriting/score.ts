import * as z from 'zod'
import type { Item, Score, ScoredSample, ScoreSummary } from '../../domain/benchmark.ts'
import type { ScoringTools } from '../../domain/scoring.ts'
import { limitRepetitions } from '../../lib/scoring/limit-repetitions.ts'
import { dropLeadingThinking } from '../../lib/scoring/thinking.ts'
import { mean } from '../../lib/stats.ts'
import { scoreGames, summariseScores } from './games.ts'
import { renderJudgeMessages } from './judge-prompt.ts'
import { parseLabel } from './label.ts'

const judgeMaxTokens = 49_152
const judgeAttempts = 3
const judgeWaitsMs = [5000, 10_000, 20_000]

const detailsSchema = z.object({ scores: z.array(z.number()) })

/** What the judge reads of an answer. */
export function postprocessAnswer(text: string): string {
  return limitRepetitions(dropLeadingThinking(text))
}

/** Two games against the item's target, once in each place. A game without a verdict voids the question. */
export async function scoreArena(
  { id, messages, target: baseline }: Pick<Item, 'id' | 'messages' | 'target'>,
  { text }: { readonly text: string },
  { judge, rules }: Pick<ScoringTools, 'judge' | 'rules'>,
): Promise<Score> {
  const question = messages.at(-1)?.content ?? ''
  const candidate = postprocessAnswer(text)
  const [baselineFirst = null, candidateFirst = null] = await Promise.all(
    [
      { game: 1, answerA: baseline, answerB: candidate },
      { game: 2, answerA: candidate, answerB: baseline },
    ].map(async ({ game, answerA, answerB }) => {
      const reply = await judge.ask({
        key: `${id}/game-${game}`,
        messages: renderJudgeMessages({ question, answerA, answerB }),
        maxTokens: judgeMaxTokens,
        reasoningEffort: 'medium',
        attempts: judgeAttempts,
        waitsMs: judgeWaitsMs,
      })
      return reply === null ? null : parseLabel(reply)
    }),
  )
  const games = scoreGames({ baselineFirst, candidateFirst })
  const scores = games.kind === 'scores' ? games.scores : []
  return {
    value: scores.length === 0 ? 0 : mean(scores),
    answer: candidate,
    details: { baselineFirst, candidateFirst, scores },
    ...(games.kind === 'unknown' && rules.ambiguousJudge === 'reference'
      ? { error: `KeyError: the judge's label ${games.label} is none of the ten` }
      : {}),
  }
}

/** All scores of all questions count alike, however many a question has; each pass by itself, then the mean of passes. */
export function summariseArena(samples: readonly ScoredSample[]): ScoreSummary {
  const passes = [...Map.groupBy(samples, ({ pass }) => pass).values()].map((ofPass) =>
    summariseScores(ofPass.flatMap(({ details }) => detailsSchema.parse(details).scores)),
  )
  const counted = passes.filter((pass) => pass !== null)
  const unjudged = samples.filter(({ details }) => detailsSchema.parse(details).scores.length === 0).length
  if (counted.length === 0) return { accuracy: 0, stderr: 0, details: { unjudged } }
  return {
    accuracy: mean(counted.map(({ accuracy }) => accuracy)),
    stderr: mean(counted.map(({ stderr }) => stderr)),
    details: { unjudged },
  }
}
