import { add, divide, multiply, subtract } from '../steps.ts'
import { change, problem, type Family } from './family.ts'

export const oneStep: Readonly<Record<string, Family>> = {
  gain(cast, rng) {
    const start = rng.int(2, 60)
    const { text, step } = change(start, 'gain', { cast, rng })
    return problem(
      `${cast.a} has ${start} ${cast.things}. ${cast.pronoun} ${text}. How many ${cast.things} does ${cast.a} have now?`,
      step,
    )
  },
  loss(cast, rng) {
    const start = rng.int(5, 90)
    const { text, step } = change(start, 'loss', { cast, rng })
    return problem(
      `${cast.a} has ${start} ${cast.things}. ${cast.pronoun} ${text}. How many ${cast.things} does ${cast.a} have left?`,
      step,
    )
  },
  combine({ a, b, things }, rng) {
    const sum = add(rng.int(2, 60), rng.int(2, 30))
    return problem(
      `${a} has ${sum.left} ${things}. ${b} has ${sum.right} ${things}. How many ${things} do they have together?`,
      sum,
    )
  },
  groups({ a, things, bags }, rng) {
    const product = multiply(rng.int(2, 9), rng.int(2, 9))
    return problem(
      `${a} has ${product.left} ${bags}. Each holds ${product.right} ${things}. How many ${things} does ${a} have?`,
      product,
    )
  },
  more({ a, b, things }, rng) {
    const sum = add(rng.int(2, 60), rng.int(2, 30))
    return problem(
      `${a} has ${sum.left} ${things}. ${b} has ${sum.right} more than ${a}. How many ${things} does ${b} have?`,
      sum,
    )
  },
  fewer({ a, b, things }, rng) {
    const rest = subtract(rng.int(5, 90), rng.int(2, 40))
    return problem(
      `${a} has ${rest.left} ${things}. ${b} has ${rest.right} fewer than ${a}. How many ${things} does ${b} have?`,
      rest,
    )
  },
  price({ a, things, thing }, rng) {
    const product = multiply(rng.int(2, 9), rng.int(2, 9))
    return problem(
      `One ${thing} costs ${product.right} coins. ${a} buys ${product.left} ${things}. How many coins does ${a} pay?`,
      product,
    )
  },
  share({ a, things }, rng) {
    const friends = rng.int(2, 9)
    const quotient = divide(friends * rng.int(1, 9), friends)
    return problem(
      `${a} shares ${quotient.left} ${things} equally among ${friends} friends. How many ${things} does each friend get?`,
      quotient,
    )
  },
}
