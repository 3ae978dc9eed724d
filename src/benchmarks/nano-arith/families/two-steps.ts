import { add, divide, multiply, subtract } from '../steps.ts'
import { change, problem, type Direction, type Family } from './family.ts'

export const twoSteps: Readonly<Record<string, Family>> = {
  gain_gain: twoChanges('gain', 'gain'),
  gain_loss: twoChanges('gain', 'loss'),
  loss_gain: twoChanges('loss', 'gain'),
  loss_loss: twoChanges('loss', 'loss'),
  groups_gain: groupsAndChange('gain'),
  groups_loss: groupsAndChange('loss'),
  more_together({ a, b, things }, rng) {
    const more = add(rng.int(2, 28), rng.int(2, 28))
    return problem(
      `${a} has ${more.left} ${things}. ${b} has ${more.right} more than ${a}. How many ${things} do they have together?`,
      more,
      add(more.left, more.result),
    )
  },
  fewer_together({ a, b, things }, rng) {
    const fewer = subtract(rng.int(5, 70), rng.int(2, 40))
    return problem(
      `${a} has ${fewer.left} ${things}. ${b} has ${fewer.right} fewer than ${a}. How many ${things} do they have together?`,
      fewer,
      add(fewer.left, fewer.result),
    )
  },
  twice_together({ a, b, things }, rng) {
    const start = rng.int(2, 15)
    const twice = add(start, start)
    return problem(
      `${a} has ${start} ${things}. ${b} has twice as many as ${a}. How many ${things} do they have together?`,
      twice,
      add(start, twice.result),
    )
  },
  change_of_two_prices({ a, thing, other }, rng) {
    const prices = add(rng.int(2, 30), rng.int(2, 30))
    const rest = subtract(rng.int(prices.result + 1, 99), prices.result)
    return problem(
      `One ${thing} costs ${prices.left} coins and one ${other} costs ${prices.right} coins. ${a} buys both with ${rest.left} coins. How many coins does ${a} have left?`,
      prices,
      rest,
    )
  },
  change_of_price({ a, thing, things }, rng) {
    const cost = multiply(rng.int(2, 9), rng.int(2, 9))
    const rest = subtract(rng.int(cost.result + 1, 99), cost.result)
    return problem(
      `One ${thing} costs ${cost.right} coins. ${a} buys ${cost.left} ${things} with ${rest.left} coins. How many coins does ${a} have left?`,
      cost,
      rest,
    )
  },
  share_and_own({ a, b, things }, rng) {
    const friends = rng.int(2, 9)
    const quotient = divide(friends * rng.int(1, 9), friends)
    const sum = add(quotient.result, rng.int(2, 30))
    return problem(
      `${a} shares ${quotient.left} ${things} equally among ${friends} friends. One of them, ${b}, already has ${sum.right}. How many ${things} does ${b} have now?`,
      quotient,
      sum,
    )
  },
}

function twoChanges(first: Direction, second: Direction): Family {
  return (cast, rng) => {
    const start = rng.int(2, 80)
    const one = change(start, first, { cast, rng })
    const two = change(one.step.result, second, { cast, rng })
    return problem(
      `${cast.a} has ${start} ${cast.things}. ${cast.pronoun} ${one.text}. Then ${cast.a} ${two.text}. How many ${cast.things} does ${cast.a} have now?`,
      one.step,
      two.step,
    )
  }
}

function groupsAndChange(direction: Direction): Family {
  return (cast, rng) => {
    const product = multiply(rng.int(2, 9), rng.int(2, 9))
    const then = change(product.result, direction, { cast, rng })
    return problem(
      `${cast.a} has ${product.left} ${cast.bags}. Each holds ${product.right} ${cast.things}. ${cast.pronoun} ${then.text}. How many ${cast.things} does ${cast.a} have now?`,
      product,
      then.step,
    )
  }
}
