/** Python's `lstrip('\n')`. */
export function stripFirstNewlines(text: string): string {
  return text.replace(/^\n+/, '')
}

/** Python's `rstrip('\n')`; a pattern would take quadratic time for newlines in the middle. */
export function stripLastNewlines(text: string): string {
  let end = text.length
  while (text[end - 1] === '\n') end--
  return text.slice(0, end)
}
