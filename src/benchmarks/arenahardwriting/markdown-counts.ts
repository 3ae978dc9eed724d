import { whitespace } from '../../lib/python/text.ts'

export interface MarkdownCounts {
  /** By level, from the first to the sixth. */
  readonly headers: readonly number[]
  readonly ordered: number
  readonly unordered: number
  /** `**bold**` */
  readonly stars: number
  /** `__bold__` */
  readonly underscores: number
}

// In Python, the beginning of a line is what follows a line feed, and nothing else.
const lineStart = '(?<![^\\n])'
const orderedItem = new RegExp(`${lineStart}[${whitespace}]*\\p{Nd}+\\.[${whitespace}]`, 'gu')
const unorderedItem = new RegExp(`${lineStart}[${whitespace}]*[-*+][${whitespace}]`, 'gu')

/** Marks of style that the published system stores with every answer. They take no part in its score. */
export function countMarkdown(text: string): MarkdownCounts {
  return {
    headers: [1, 2, 3, 4, 5, 6].map((level) =>
      count(text, new RegExp(`${lineStart}#{${level}}[${whitespace}]`, 'gu')),
    ),
    ordered: count(text, orderedItem),
    unordered: count(text, unorderedItem),
    stars: count(text, /\*\*[^*\n]+\*\*/g),
    underscores: count(text, /__[^_\n]+__/g),
  }
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}
