import * as z from 'zod'
import { scoreGames, summariseScores } from '../benchmarks/arenahardwriting/games.ts'
import { parseArenaItems } from '../benchmarks/arenahardwriting/items.ts'
import { renderJudgeMessages } from '../benchmarks/arenahardwriting/judge-prompt.ts'
import { parseLabel } from '../benchmarks/arenahardwriting/label.ts'
import { countMarkdown } from '../benchmarks/arenahardwriting/markdown-counts.ts'
import { postprocessAnswer } from '../benchmarks/arenahardwriting/score.ts'
import { sha256 } from '../lib/hash.ts'
import { codePointLength } from '../lib/python/text.ts'
import { limitRepetitions } from '../lib/scoring/limit-repetitions.ts'
import type { Checker } from './checker.ts'

const text = z.object({ text: z.string() })
const gamesInput = z.object({
  games: z.array(z.tuple([z.string().nullable(), z.string().nullable()])),
})
const pairInput = z.object({ question: z.string(), candidate: z.string(), baseline: z.string() })

/** Arena-Hard writing, and what it shares with HealthBench, by the vectors' `op`. */
export const arenaCheckers = {
  limit_repetitions: { check: (input) => ({ text: limitRepetitions(text.parse(input).text) }) },
  postprocess_answer: { check: (input) => ({ text: postprocessAnswer(text.parse(input).text) }) },
  parse_label: {
    check: (input) => {
      const { judgment } = z.object({ judgment: z.string().nullable() }).parse(input)
      return judgment === null ? { raises: 'AttributeError' } : { label: parseLabel(judgment) }
    },
  },
  games_to_metrics: { tolerance: 1e-9, check: checkGames },
  judge_prompts: {
    // of the mock run that made the vector, not of the prompts
    ignored: ['labels', 'fields'],
    check: (input) => {
      const { question, candidate, baseline } = pairInput.parse(input)
      const [system, first] = renderJudgeMessages({ question, answerA: baseline, answerB: candidate })
      const [, second] = renderJudgeMessages({ question, answerA: candidate, answerB: baseline })
      return {
        game1_user: first?.content,
        game2_user: second?.content,
        roles: [system?.role, first?.role],
        system_sha256: sha256(system?.content ?? ''),
        system_chars: codePointLength(system?.content ?? ''),
      }
    },
  },
  question_order: {
    check: async (input, { rows }) => {
      const { limit } = z.object({ limit: z.number().nullable() }).parse(input)
      const questions = await rows('arena_hard_writing/question.jsonl')
      // without a limit the published order is the file's
      const uids =
        limit === null
          ? z
              .array(z.object({ uid: z.string() }))
              .parse(questions)
              .map(({ uid }) => uid)
          : parseArenaItems(questions, await rows('arena_hard_writing/baseline_Qwen3-1.7B.jsonl'))
              .map(({ id }) => id)
              .slice(0, limit < 0 ? undefined : limit)
      return { n: uids.length, uids, uids_first5: uids.slice(0, 5) }
    },
  },
  markdown_counts: {
    check: (input) => {
      const counts = countMarkdown(text.parse(input).text)
      return {
        header_count: Object.fromEntries(counts.headers.map((count, index) => [`h${index + 1}`, count])),
        list_count: { ordered: counts.ordered, unordered: counts.unordered },
        bold_count: { '**': counts.stars, __: counts.underscores },
      }
    },
  },
} as const satisfies Readonly<Record<string, Checker>>

function checkGames(input: unknown): unknown {
  const games = gamesInput
    .parse(input)
    .games.map(([baselineFirst, candidateFirst]) => scoreGames({ baselineFirst, candidateFirst }))
  const unknown = games.find((game) => game.kind === 'unknown')
  if (unknown !== undefined) return { raises: 'KeyError', message: `'${unknown.label}'` }
  const scores = games.flatMap((game) => (game.kind === 'scores' ? game.scores : []))
  const summary = summariseScores(scores)
  // the published code asks an empty table for its column of scores
  return summary === null ? { raises: 'KeyError', message: "'scores'" } : { scores, ...summary }
}
