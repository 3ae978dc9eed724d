import { inertText } from './inert-text.ts'

/** One word of a command as it can be pasted into a shell; what a terminal would obey is written as bash and zsh read it. */
export function quoteWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  if (inertText(word) === word) return `'${word.replaceAll("'", `'\\''`)}'`
  const bytes = [...Buffer.from(word)].map((byte) =>
    byte < 0x20 || byte > 0x7e || byte === 0x27 || byte === 0x5c
      ? `\\x${byte.toString(16).padStart(2, '0')}`
      : String.fromCharCode(byte),
  )
  return `$'${bytes.join('')}'`
}
