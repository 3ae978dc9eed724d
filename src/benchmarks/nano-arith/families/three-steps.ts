import { add, multiply, subtract } from '../steps.ts'
import { change, directions, problem, type Family } from './family.ts'

export const threeSteps: Readonly<Record<string, Family>> = {
  three_changes(cast, rng) {
    const start = rng.int(2, 80)
    const one = change(start, rng.pick(directions), { cast, rng })
    const two = change(one.step.result, rng.pick(directions), { cast, rng })
    const three = change(two.step.result, rng.pick(directions), { cast, rng })
    return problem(
      `${cast.a} has ${start} ${cast.things}. ${cast.pronoun} ${one.text}. Then ${cast.a} ${two.text} and ${three.text}. How many ${cast.things} does ${cast.a} have now?`,
      one.step,
      two.step,
      three.step,
    )
  },
  groups_two_changes(cast, rng) {
    const product = multiply(rng.int(2, 9), rng.int(2, 9))
    const one = change(product.result, rng.pick(directions), { cast, rng })
    const two = change(one.step.result, rng.pick(directions), { cast, rng })
    return problem(
      `${cast.a} has ${product.left} ${cast.bags}. Each holds ${product.right} ${cast.things}. ${cast.pronoun} ${one.text} and ${two.text}. How many ${cast.things} does ${cast.a} have now?`,
      product,
      one.step,
      two.step,
    )
  },
  two_groups({ a, things, bags, boxes }, rng) {
    const one = multiply(rng.int(2, 9), rng.int(2, 9))
    const two = multiply(rng.int(2, 9), rng.int(2, 9))
    return problem(
      `${a} has ${one.left} ${bags} with ${one.right} ${things} in each and ${two.left} ${boxes} with ${two.right} ${things} in each. How many ${things} does ${a} have?`,
      one,
      two,
      add(one.result, two.result),
    )
  },
  change_of_price_and_price({ a, thing, things, other }, rng) {
    const cost = multiply(rng.int(2, 9), rng.int(2, 9))
    const both = add(cost.result, rng.int(2, 30))
    const rest = subtract(rng.int(both.result + 1, 99), both.result)
    return problem(
      `One ${thing} costs ${cost.right} coins and one ${other} costs ${both.right} coins. ${a} buys ${cost.left} ${things} and one ${other} with ${rest.left} coins. How many coins does ${a} have left?`,
      cost,
      both,
      rest,
    )
  },
  more_loss_together(cast, rng) {
    const more = add(rng.int(2, 60), rng.int(2, 30))
    const loss = change(more.result, 'loss', { cast, rng })
    return problem(
      `${cast.a} has ${more.left} ${cast.things}. ${cast.b} has ${more.right} more than ${cast.a}. ${cast.b} ${loss.text}. How many ${cast.things} do they have together?`,
      more,
      loss.step,
      add(more.left, loss.step.result),
    )
  },
  twice_gain_together(cast, rng) {
    const start = rng.int(2, 14)
    const twice = add(start, start)
    const gain = change(twice.result, 'gain', { cast, rng })
    return problem(
      `${cast.a} has ${start} ${cast.things}. ${cast.b} has twice as many as ${cast.a}. ${cast.b} ${gain.text}. How many ${cast.things} do they have together?`,
      twice,
      gain.step,
      add(start, gain.step.result),
    )
  },
}
