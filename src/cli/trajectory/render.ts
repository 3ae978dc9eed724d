import type { TrajectoryEntry } from '../../domain/trajectory-thread.ts'
import { inertLine, inertText } from '../../lib/inert-text.ts'
import type { paint } from '../render.ts'

type Ink = ReturnType<typeof paint>

/** Lines of one thing that are shown. */
const shownLines = { user: 12, message: 200, reasoning: 12, call: 6, result: 6, note: 2 }
const longestLine = 400
/** No more than this of a text is made inert: the rest is counted. */
const longestText = 64 * 1024

/** One thing that was said or done, for people, ending with a line end; empty where it is nothing to look at. */
export function renderEntry(entry: TrajectoryEntry, ink: Ink): string {
  const indent = entry.subagent === null ? '' : '  | '
  const time = entry.at === null ? '' : `${entry.at.slice(11, 19)} `
  const lines = renderLines(entry, ink)
  if (lines.length === 0) return ''
  return lines
    .map((line, index) => `${indent}${ink('dim', index === 0 ? time : ' '.repeat(time.length))}${line}\n`)
    .join('')
}

function renderLines(entry: TrajectoryEntry, ink: Ink): readonly string[] {
  switch (entry.kind) {
    case 'user':
      return head(ink('cyan', 'user'), block(entry.text, shownLines.user))
    case 'message':
      return head(ink('bold', 'agent'), block(entry.text, shownLines.message))
    case 'reasoning':
      return head(
        ink('dim', 'thinks'),
        block(entry.text, shownLines.reasoning).map((line) => ink('dim', line)),
      )
    case 'call':
      return head(
        `${ink('blue', 'call')} ${ink('bold', shortLine(entry.name))}`,
        argumentLines(entry.arguments),
      )
    case 'result':
      return head(
        ink(entry.failed ? 'red' : 'green', entry.failed ? 'failed' : 'result'),
        entry.text === '' ? [ink('dim', '(nothing)')] : block(entry.text, shownLines.result),
      )
    case 'error':
      return head(`${ink('red', 'error')} ${shortLine(entry.title)}`, block(entry.text, shownLines.note))
    case 'note':
      return head(
        ink('dim', shortLine(entry.title)),
        block(entry.text, shownLines.note).map((line) => ink('dim', line)),
      )
  }
}

/** A title with its text: beside it where that is one line, else below. */
function head(title: string, lines: readonly string[]): readonly string[] {
  const [only, ...more] = lines
  if (only === undefined) return [title]
  return more.length === 0 ? [`${title}  ${only}`] : [title, ...lines.map((line) => `  ${line}`)]
}

/** The first lines of a text, and how many more there are. */
function block(text: string, most: number): readonly string[] {
  const inert = inertText(text.slice(0, longestText)).replace(/\s+$/u, '')
  if (inert === '') return []
  const lines = inert.split('\n')
  const shown = lines.slice(0, most).map((line) => shorten(line.replaceAll('\t', '    ')))
  const left =
    lines.length - shown.length + (text.length > longestText ? countLines(text.slice(longestText)) : 0)
  return left > 0 ? [...shown, `… ${left} more ${left === 1 ? 'line' : 'lines'}`] : shown
}

/** A command as it was typed; other arguments by name. */
function argumentLines(given: Readonly<Record<string, unknown>>): readonly string[] {
  const entries = Object.entries(given)
  const [only] = entries
  const { command } = given
  if (typeof command === 'string') return block(command, shownLines.call)
  if (entries.length === 1 && only !== undefined && typeof only[1] === 'string')
    return block(only[1], shownLines.call)
  return entries.slice(0, shownLines.call).map(([key, value]) => {
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
    const [first = '', ...more] = block(text.slice(0, longestText), 1)
    return `${shortLine(key)}: ${first}${more.length === 0 ? '' : ` (${more.join('')})`}`
  })
}

function shortLine(text: string): string {
  return shorten(inertLine(text.slice(0, longestText)))
}

function shorten(line: string): string {
  return line.length <= longestLine
    ? line
    : `${line.slice(0, longestLine)}… ${line.length - longestLine} more characters`
}

function countLines(text: string): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1
  return lines
}
