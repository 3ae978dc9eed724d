const opening = '\\boxed{'

/**
 * Replaces `\boxed{X}` by X, where X reaches to the *last* brace of the line and is not empty. Two boxes on a line thus
 * leave a part of the second; boxes over several lines stay.
 */
export function removeBoxed(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const start = line.indexOf(opening)
      const end = line.lastIndexOf('}')
      const inside = start + opening.length
      return start === -1 || end <= inside
        ? line
        : line.slice(0, start) + line.slice(inside, end) + line.slice(end + 1)
    })
    .join('\n')
}
