/** Linux's limit for one argument, MAX_ARG_STRLEN, is 32 pages, the final NUL included: execve(2). */
const maxArgumentBytes = 131_071

/** Why `python -c` cannot be given a program; null where it can. */
export function whyNotArgument(source: string): string | null {
  if (source.includes('\0')) return 'the program contains a NUL'
  if (!source.isWellFormed()) return 'the program contains half a surrogate pair'
  const bytes = Buffer.byteLength(source)
  return bytes > maxArgumentBytes ? `the program has ${bytes} bytes, more than ${maxArgumentBytes}` : null
}
