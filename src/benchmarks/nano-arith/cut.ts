import type { Item } from '../../domain/benchmark.ts'

/** Without its last number a question has no answer; the words before it still say which question it was. */
export function cutLastNumber(item: Item): Item {
  return {
    ...item,
    messages: item.messages.map(({ role, content }) => ({
      role,
      content: content.replace(/\d+(?=\D*$)/, 'some'),
    })),
  }
}
