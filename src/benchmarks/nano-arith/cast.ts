import words from '../../../nano/words.json' with { type: 'json' }
import type { Rng } from '../../lib/rng.ts'
import type { Cast } from './families/family.ts'

/** Coins are what things are paid with, so nobody counts or buys them. */
const goods = words.objects.filter(({ one }) => one !== 'coin')

/** Draws the persons, things and words of one question; none of them occurs twice in it. */
export function createCast(rng: Rng): Cast {
  const [a = '', b = ''] = rng.shuffle([...words.she, ...words.he])
  const [thing, other] = rng.shuffle(goods)
  const [bags, boxes] = rng.shuffle(words.containers)
  const gains = rng.shuffle(words.gain).values()
  const losses = rng.shuffle(words.loss).values()
  if (thing === undefined || other === undefined || bags === undefined || boxes === undefined)
    throw new Error('the word lists are too short')
  return {
    a,
    pronoun: words.she.includes(a) ? 'She' : 'He',
    b,
    things: thing.many,
    thing: thing.one,
    other: other.one,
    bags: bags.many,
    boxes: boxes.many,
    gains: () => nextVerb(gains),
    loses: () => nextVerb(losses),
  }
}

function nextVerb(verbs: Iterator<{ readonly present: string }>): string {
  const { value, done } = verbs.next()
  if (done === true) throw new Error('the word lists are too short')
  return value.present
}
