import { strip, whitespace } from '../python/text.ts'

export interface SplitText {
  /** What is scored. */
  readonly text: string
  readonly reasoning: string | null
}

const close = '</think>'

/** Attributes in this order only, in lower case only. */
const open = new RegExp(
  `<think(?:[${whitespace}]+signature="[^"]*")?(?:[${whitespace}]+redacted="true")?[${whitespace}]*>`,
  'g',
)

/**
 * As inspect does with a message: the first `<think>` block is taken out wherever it stands, and only then the rest is
 * stripped. Further blocks stay, and so does a block that is never closed.
 */
export function splitThinking(content: string): SplitText {
  const lastClose = content.lastIndexOf(close)
  for (const match of content.matchAll(open)) {
    const start = match.index + match[0].length
    if (start > lastClose) break
    const end = content.indexOf(close, start)
    return {
      text: strip(content.slice(0, match.index) + content.slice(end + close.length)),
      reasoning: strip(content.slice(start, end)),
    }
  }
  return { text: content, reasoning: null }
}

/** As the judged benchmarks do: only a block at the very start goes, up to the first closing tag. */
export function dropLeadingThinking(content: string): string {
  const text = strip(content)
  const end = text.indexOf(close)
  return text.startsWith('<think>') && end !== -1 ? strip(text.slice(end + close.length)) : text
}
