import { inertLine } from '../../lib/inert-text.ts'
import { displayWidth } from '../../lib/table.ts'

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Inert text that takes exactly `width` columns: padded, or cut with an ellipsis at its end. */
export function fitLine(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = clipLine(text, width)
  const padding = ' '.repeat(width - displayWidth(cut))
  return align === 'left' ? cut + padding : padding + cut
}

/** Inert text of at most `width` columns. */
export function clipLine(text: string, width: number): string {
  const line = inertLine(text)
  if (displayWidth(line) <= width) return line
  return width < 1 ? '' : `${takeColumns(line, width - 1)}…`
}

/** The same, cut in the middle: run ids differ at both ends. */
export function clipMiddle(text: string, width: number): string {
  const line = inertLine(text)
  if (displayWidth(line) <= width) return line
  if (width < 5) return clipLine(line, width)
  const tail = Math.floor((width - 1) / 2)
  return `${takeColumns(line, width - 1 - tail)}…${takeLastColumns(line, tail)}`
}

function takeColumns(line: string, width: number): string {
  let taken = ''
  let used = 0
  for (const { segment } of graphemes.segment(line)) {
    used += displayWidth(segment)
    if (used > width) break
    taken += segment
  }
  return taken
}

function takeLastColumns(line: string, width: number): string {
  let taken = ''
  let used = 0
  for (const { segment } of [...graphemes.segment(line)].toReversed()) {
    used += displayWidth(segment)
    if (used > width) break
    taken = segment + taken
  }
  return taken
}
