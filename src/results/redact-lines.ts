import type { ReportLines } from '../domain/report.ts'
import { inertText } from '../lib/inert-text.ts'

/**
 * Lines as text that may be published, as many as there were. Each is made inert by itself: an escape sequence that
 * one of them leaves open would else swallow those after it. What is hidden may span several.
 */
export function redactLines(lines: readonly string[], hide: (text: string) => string): string[] {
  const hidden = hide(lines.map((line) => inertText(line)).join('\n')).split('\n')
  return hidden.length === lines.length ? hidden : lines.map(() => '[hidden]')
}

export interface NumberedLine {
  readonly line: number
  readonly text: string
}

/** Neighbouring lines become one part. */
export function joinLines(lines: readonly NumberedLine[]): ReportLines[] {
  const parts: { firstLine: number; lines: string[] }[] = []
  for (const { line, text } of lines) {
    const last = parts.at(-1)
    if (last !== undefined && last.firstLine + last.lines.length === line) last.lines.push(text)
    else parts.push({ firstLine: line, lines: [text] })
  }
  return parts
}

/** Of a line with `around` in it, the part that has it. */
export function shortenLine(text: string, maxLength: number, around = ''): string {
  if (text.length <= maxLength) return text
  const found = around === '' ? -1 : text.indexOf(around.slice(0, 40))
  const start =
    found < maxLength / 2 ? 0 : Math.min(found - Math.floor(maxLength / 4), text.length - maxLength)
  const cut = text.slice(start, start + maxLength).toWellFormed()
  return `${start > 0 ? '… ' : ''}${cut}${start + maxLength < text.length ? ' …' : ''}`
}
