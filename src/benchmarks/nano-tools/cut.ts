import type { Item } from '../../domain/benchmark.ts'

/** Leaves the last word of a value out of the request: the call asked for cannot be known any more. */
export function cutLastValue(item: Item): Item | null {
  const { arguments: values } = JSON.parse(item.target) as { arguments: Record<string, unknown> } // written by renderCall
  const words = new Set(Object.values(values).flatMap((value) => String(value).split(' ')))
  const [message] = item.messages
  const parts = message?.content.split(/\b/) ?? []
  const last = parts.findLastIndex((part) => words.has(part))
  if (message === undefined || last === -1) return null
  return { ...item, messages: [{ ...message, content: parts.with(last, 'something').join('') }] }
}
