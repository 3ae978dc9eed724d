/**
 * How Python 3 reads text, where JavaScript differs. Python's whitespace is U+0009-000D, 001C-001F, 0020, 0085, 00A0 and
 * the separators of Unicode; JavaScript lacks 001C-001F and 0085 and adds FEFF.
 */

/** Python's `\s`, for use inside a character class. */
export const whitespace =
  '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'

/** Python's `\w`, for use inside a character class of a pattern with the `u` flag. */
export const wordCharacters = '\\p{L}\\p{N}_'

/** `string.whitespace + string.punctuation`. */
const asciiEdges = '\t\n\r\v\f !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'

const aSpace = new RegExp(`[${whitespace}]`)
const spaces = new RegExp(`[${whitespace}]+`)

/** `str.strip()`. */
export function strip(text: string): string {
  return stripWhere(text, (character) => aSpace.test(character))
}

/** `str.rstrip()`. */
export function stripEnd(text: string): string {
  let end = text.length
  while (end > 0 && aSpace.test(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

/** `str.strip(string.whitespace + string.punctuation)`: ASCII alone. */
export function stripPunctuation(text: string): string {
  return stripWhere(text, (character) => asciiEdges.includes(character))
}

/** `re.split(r"\s+", text)`: pieces at the ends may be empty. */
export function splitWhitespace(text: string): string[] {
  return text.split(spaces)
}

/** `len(text)`: code points, not UTF-16 units. */
export function codePointLength(text: string): number {
  let length = 0
  for (const _ of text) length++
  return length
}

/** `str.casefold()` as of Unicode 13. */
export function casefold(text: string): string {
  // the common case, and the only one where a whole text may be lowered at once: no final sigma
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase()
  let folded = ''
  for (const character of text) folded += foldCharacter(character)
  return folded
}

function foldCharacter(character: string): string {
  if (character === '\u0131') return character // dotless i
  if (character === '\u1e9e') return 'ss' // capital sharp s
  // Cherokee folds to its capitals, which came first
  if (/[\u13a0-\u13f5\u13f8-\u13fd\uab70-\uabbf]/.test(character)) return character.toUpperCase()
  // upper case first: it spells out ligatures and the like
  return character.toUpperCase().toLowerCase()
}

/** The tested characters are all in the basic plane, so units are as good as code points. */
function stripWhere(text: string, isEdge: (character: string) => boolean): string {
  let start = 0
  let end = text.length
  while (start < end && isEdge(text.charAt(start))) start++
  while (end > start && isEdge(text.charAt(end - 1))) end--
  return text.slice(start, end)
}
