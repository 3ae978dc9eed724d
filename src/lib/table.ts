import { inertLine } from './inert-text.ts'

export interface Column {
  readonly title: string
  /** Numbers are right-aligned, text left. */
  readonly align?: 'left' | 'right'
}

interface StyledCell {
  readonly text: string
  /** Adds colour, e.g. with `styleText` of `node:util`. Gets the text without its padding. */
  readonly style?: (text: string) => string
}

export type Cell = string | StyledCell

export interface TableOptions {
  readonly gap?: number
  readonly titleStyle?: (text: string) => string
}

/** Padded columns under their titles, one row a line. Cells may hold hostile text: controls never get through. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions = {},
): string {
  const titles = columns.map(({ title }): StyledCell => ({
    text: inertLine(title),
    ...(options.titleStyle === undefined ? {} : { style: options.titleStyle }),
  }))
  const lines = [titles, ...rows.map((row) => columns.map((_, index) => cellOf(row[index] ?? '')))]
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => displayWidth(line[index]?.text ?? ''))),
  )
  return lines
    .map((line) =>
      line
        .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align ?? 'left'))
        .join(' '.repeat(options.gap ?? 2))
        .trimEnd(),
    )
    .join('\n')
}

function cellOf(cell: Cell): StyledCell {
  return typeof cell === 'string' ? { text: inertLine(cell) } : { ...cell, text: inertLine(cell.text) }
}

function pad(cell: StyledCell, width: number, align: 'left' | 'right'): string {
  const padding = ' '.repeat(width - displayWidth(cell.text))
  const text = cell.style === undefined ? cell.text : cell.style(cell.text)
  return align === 'left' ? text + padding : padding + text
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Columns of a terminal: two for East Asian wide characters (Unicode TR 11) and emoji, none for combining marks. */
export function displayWidth(text: string): number {
  // segmenting is slow, and nearly every cell is plain
  if (/^[ -~]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) {
    if (/^\p{Mark}+$/u.test(segment)) continue
    width += /\p{Emoji_Presentation}|\ufe0f/u.test(segment) || isWide(segment.codePointAt(0) ?? 0) ? 2 : 1
  }
  return width
}

/** Blocks whose East_Asian_Width is W or F throughout, or nearly so. */
const wideBlocks: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x20000, 0x3fffd],
]

function isWide(code: number): boolean {
  return wideBlocks.some(([first, last]) => code >= first && code <= last)
}
