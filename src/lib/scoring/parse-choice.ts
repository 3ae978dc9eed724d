import { strip, whitespace, wordCharacters } from '../python/text.ts'

/** Ignoring case, Python lets the long s stand for an s. */
const head = new RegExp(`[aA][nN][sSſ][wW][eE][rR][${whitespace}]*:`, 'g')

/** Letters, digits, space and comma; the four others are what Python's IGNORECASE adds to `[A-Za-z]`. */
const inGroup = /[A-Za-zİıſ\u212a\p{Nd} ,]/u
const isSpace = new RegExp(`[${whitespace}]`)
const isWord = new RegExp(`[${wordCharacters}]`, 'u')

export interface ChoiceQuestion {
  /** The answer's text, thinking already taken out. */
  readonly text: string
  readonly choiceCount: number
}

/**
 * inspect's single choice: the first line that is `ANSWER: group`, else the first `ANSWER: group` anywhere. The group must
 * be exactly one capital letter of the choices, else there is no answer, and no second try.
 *
 * Written out by hand: the published patterns backtrack without bound on runs of spaces.
 */
export function parseChoice({ text, choiceCount }: ChoiceQuestion): string | null {
  const group = findGroup(text, matchLine) ?? findGroup(text, matchAnywhere)
  if (group === null) return null
  const letter = strip(group)
  const index = letter.charCodeAt(0) - 65
  return letter.length === 1 && index >= 0 && index < choiceCount ? letter : null
}

/** Of `ANSWER:`, its colon included. */
interface Head {
  readonly start: number
  readonly end: number
}

type GroupMatcher = (text: string, head: Head) => string | null

function findGroup(text: string, match: GroupMatcher): string | null {
  for (const found of text.matchAll(head)) {
    const group = match(text, { start: found.index, end: found.index + found[0].length })
    if (group !== null) return group
  }
  return null
}

/** At the start of a line; after the group nothing but whitespace up to a dot, a line's end or the end. */
function matchLine(text: string, { start, end }: Head): string | null {
  if (start > 0 && text[start - 1] !== '\n') return null
  const groupStart = skip(text, end, isSpace)
  const groupEnd = skip(text, groupStart, inGroup)
  if (groupEnd > groupStart) {
    const next = skip(text, groupEnd, isSpace)
    if (isEnd(text, next) || text.slice(groupEnd, next).includes('\n'))
      return text.slice(groupStart, groupEnd)
  }
  // by backtracking, spaces after the colon are a group too
  const gap = text.slice(end, groupStart)
  const space = gap.indexOf(' ')
  if (space === -1) return null
  return isEnd(text, groupStart) || gap.includes('\n', space) ? ' ' : null
}

/** Anywhere; what follows the group is no word character. */
function matchAnywhere(text: string, { end }: Head): string | null {
  const groupStart = skip(text, end, isSpace)
  const groupEnd = skip(text, groupStart, inGroup)
  if (groupEnd > groupStart) {
    if (isBoundary(text, groupEnd)) return text.slice(groupStart, groupEnd)
    // by backtracking, the group ends before its last space or comma
    const shorter = lastSeparator(text, groupStart + 1, groupEnd)
    if (shorter !== -1) return text.slice(groupStart, shorter)
  }
  const space = text.slice(end, groupStart).indexOf(' ')
  if (space === -1) return null
  return end + space + 1 < groupStart || isBoundary(text, groupStart) ? ' ' : null
}

/** The first place from `from` on where the character is not of this kind. */
function skip(text: string, from: number, kind: RegExp): number {
  let at = from
  for (;;) {
    const character = characterAt(text, at)
    if (character === '' || !kind.test(character)) return at
    at += character.length
  }
}

function isEnd(text: string, at: number): boolean {
  return at >= text.length || text[at] === '.'
}

function isBoundary(text: string, at: number): boolean {
  return !isWord.test(characterAt(text, at))
}

function lastSeparator(text: string, from: number, end: number): number {
  for (let at = end - 1; at >= from; at--) if (text[at] === ' ' || text[at] === ',') return at
  return -1
}

function characterAt(text: string, at: number): string {
  const code = text.codePointAt(at)
  return code === undefined ? '' : String.fromCodePoint(code)
}
