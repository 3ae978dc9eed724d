import type { Rng } from '../../lib/rng.ts'
import type { Draft } from '../nano-draw.ts'
import { createCast } from './cast.ts'
import type { Family, Problem } from './families/family.ts'
import { oneStep } from './families/one-step.ts'
import { threeSteps } from './families/three-steps.ts'
import { twoSteps } from './families/two-steps.ts'
import { isKnown, renderStep } from './steps.ts'

export interface ArithFamily {
  readonly name: string
  readonly steps: number
  readonly compose: Family
}

export const arithFamilies: readonly ArithFamily[] = [oneStep, twoSteps, threeSteps].flatMap(
  (families, index) =>
    Object.entries(families).map(([name, compose]) => ({ name, steps: index + 1, compose })),
)

/** Questions of one, two and three steps come 3 : 4 : 3. */
const stepsDrawn: readonly number[] = [1, 1, 1, 2, 2, 2, 2, 3, 3, 3]

/** Three changes come twice as often as the other families of three steps. */
const doubled = 'three_changes'

export function draftArith(rng: Rng): Draft {
  const steps = rng.pick(stepsDrawn)
  const families = arithFamilies.filter((family) => family.steps === steps)
  const family = rng.pick([...families, ...families.filter(({ name }) => name === doubled)])
  const { question, steps: solution } = composeKnown(family, rng)
  const answer = String(solution.at(-1)?.result)
  return {
    question,
    prompt: `${question}\nEnd with ANSWER: and the number.`,
    target: answer,
    completion: `${solution.map(renderStep).join(' ')}\nANSWER: ${answer}`,
    metadata: { family: family.name, steps },
  }
}

function composeKnown(family: ArithFamily, rng: Rng): Problem {
  for (;;) {
    const problem = family.compose(createCast(rng), rng)
    if (problem.steps.every(isKnown)) return problem
  }
}
