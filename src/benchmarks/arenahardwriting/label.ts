/** The judge's verdict: the last one in double brackets, else the last one in single brackets, in capitals. */
export function parseLabel(judgment: string): string | null {
  const text = judgment.toUpperCase()
  return lastMatch(text, /\[\[([AB<>=]+)\]\]/g) ?? lastMatch(text, /\[([AB<>=]+)\]/g)
}

function lastMatch(text: string, pattern: RegExp): string | null {
  let last: string | null = null
  for (const match of text.matchAll(pattern)) last = match[1] ?? null
  return last
}
