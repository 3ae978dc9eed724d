import * as z from 'zod'
import { scoreAime } from '../benchmarks/aime2025/score.ts'
import { scoreGpqa } from '../benchmarks/gpqamain/score.ts'
import { scoreGsm8k } from '../benchmarks/gsm8k/score.ts'
import type { Score } from '../domain/benchmark.ts'
import { meanAndError } from '../lib/scoring/accuracy.ts'
import { findCode } from '../lib/scoring/find-code.ts'
import { matchNumber } from '../lib/scoring/match-number.ts'
import { parseChoice } from '../lib/scoring/parse-choice.ts'
import { removeBoxed } from '../lib/scoring/remove-boxed.ts'
import { sampleSeed } from '../lib/scoring/sample-seed.ts'
import { splitThinking } from '../lib/scoring/thinking.ts'
import { toScore } from '../lib/scoring/verdict.ts'
import type { Checker } from './checker.ts'

const answer = z.object({ target: z.string(), output: z.string() })
const value = z.object({ target: z.string(), value: z.string() })
/** Correct, incorrect, partial, no answer. */
const grade = z.enum(['C', 'I', 'P', 'N'])
const gradeValues = { C: 1, I: 0, P: 0.5, N: 0 } as const

/** Text answers of the benchmarks that inspect scores. By file name, or by `op` where the inputs have one. */
export const answerCheckers = {
  gsm8k: {
    check: (input) => {
      const { target, output } = answer.parse(input)
      return asResult(scoreGsm8k({ target }, { text: output }, { numericMatch: 'suffix' }))
    },
  },
  gsm8k_exact_v12: {
    check: (input) => {
      const { target, output } = answer.parse(input)
      return asMatch(scoreGsm8k({ target }, { text: output }, { numericMatch: 'exact' }))
    },
  },
  aime2025: {
    check: (input) => {
      const { target, output } = answer.parse(input)
      return asResult(scoreAime({ target }, { text: output }, { numericMatch: 'suffix' }))
    },
  },
  aime2025_exact_v12: {
    check: (input) => {
      const { target, output } = answer.parse(input)
      return asMatch(scoreAime({ target }, { text: output }, { numericMatch: 'exact' }))
    },
  },
  gpqamain: {
    check: (input) => {
      const { target, output } = answer.extend({ n_choices: z.literal(4) }).parse(input)
      const score = scoreGpqa({ target }, { text: output })
      return { ...asResult(score), chosen: score.answer }
    },
  },
  match_numeric_end: {
    check: (input) => {
      const { target, value: text } = value.parse(input)
      return asMatch(toScore(matchNumber({ text, target, comparison: 'suffix' })))
    },
  },
  aime_match: {
    check: (input) => {
      const { target, value: text } = value.parse(input)
      const cleaned = removeBoxed(text)
      return { cleaned, ...asMatch(toScore(matchNumber({ text: cleaned, target, comparison: 'suffix' }))) }
    },
  },
  parse_single_choice: {
    check: (input) => {
      const { completion, n_choices } = z
        .object({ completion: z.string(), n_choices: z.number() })
        .parse(input)
      const letter = parseChoice({ text: completion, choiceCount: n_choices })
      return { letters: letter === null ? [] : [letter] }
    },
  },
  find_code: {
    check: (input) => ({ code: findCode(z.object({ completion: z.string() }).parse(input).completion) }),
  },
  inspect_completion_text: {
    check: (input) => {
      const { content } = z.object({ content: z.string().nullable() }).parse(input)
      const { text, reasoning } = splitThinking(content ?? '')
      return { completion: text, reasoning }
    },
  },
  accuracy_stderr: {
    tolerance: 1e-9,
    check: (input) => {
      const { values } = z.object({ values: z.array(z.union([grade, z.number()])) }).parse(input)
      return meanAndError(values.map((each) => (typeof each === 'number' ? each : gradeValues[each])))
    },
  },
  sample_seed: {
    check: (input) => {
      const { run_seed, sample_id, epoch, call } = z
        .object({
          run_seed: z.number(),
          sample_id: z.union([z.string(), z.number()]),
          epoch: z.number(),
          call: z.number(),
        })
        .parse(input)
      return { seed: sampleSeed({ runSeed: run_seed, sampleId: sample_id, epoch, call }) }
    },
  },
} as const satisfies Readonly<Record<string, Checker>>

/** As inspect logs a score, or that its evaluation ended there. */
export function asResult(score: Score): Readonly<Record<string, unknown>> {
  if (score.error !== undefined) return asError(score.error)
  return { value: score.value === 1 ? 'C' : 'I', score: score.value, answer: score.answer }
}

function asMatch(score: Score): Readonly<Record<string, unknown>> {
  if (score.error !== undefined) return asError(score.error)
  return { answer: score.answer, matched: score.value === 1 }
}

function asError(error: string): Readonly<Record<string, unknown>> {
  const name = error.slice(0, error.indexOf(':'))
  return { error: true, value: null, error_type: name, raises: name }
}
