import * as z from 'zod'
import { parseHumanevalItems } from '../benchmarks/humaneval/items.ts'
import { runPlain } from '../benchmarks/humaneval/run-plain.ts'
import { scoreHumaneval } from '../benchmarks/humaneval/score.ts'
import { scoringRulesSchema } from '../domain/scoring.ts'
import { asResult } from './answer-checkers.ts'
import type { Checker, ParityContext } from './checker.ts'

const rules = scoringRulesSchema.parse({ programResult: 'exit_code' })
const humanevalInput = z.object({ task_id: z.string(), output: z.string() })

/** Runs the programs as the reference does, which is without isolation: the vectors are taken to be harmless. */
export const humanevalChecker: Checker = {
  // the interpreter's own words, which change with its version
  ignored: ['stderr_last', 'error_type'],
  concurrency: 4,
  check: checkHumaneval,
}

async function checkHumaneval(input: unknown, { rows, python }: ParityContext): Promise<unknown> {
  const { task_id, output } = humanevalInput.parse(input)
  const items = parseHumanevalItems(await rows('humaneval/HumanEval.jsonl'))
  const item = items.find(({ id }) => id === task_id)
  if (item === undefined) throw new Error(`there is no task ${task_id}`)
  const score = await scoreHumaneval(
    item,
    { text: output },
    {
      rules,
      programs: {
        run: ({ source, timeoutMs }) => runPlain({ source, python, timeoutMs }),
        check: () => Promise.reject(new Error('not asked for')),
      },
    },
  )
  return { ...asResult(score), extracted: score.answer }
}
