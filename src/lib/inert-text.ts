/** Escape sequences of terminals: CSI, OSC and the other string sequences, and two-character ones. */
const escapes = new RegExp(
  [
    String.raw`[\u001b\u009b]\[?[0-?]*[ -/]*[@-~]`,
    String.raw`\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?`,
  ]
    .toReversed()
    .join('|'),
  'gu',
)

/** C0 and C1 controls but newline and tab: runs of one, for an agent may print a gigabyte of NUL. */
const controls = /([\u0000-\u0008\u000b-\u001f\u007f-\u009f])\1*/gu

/** Characters that reorder or hide their neighbours or cannot be seen: but for the selectors of emoji, nobody needs them. */
const invisible = /([[\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb]--[\ufe00-\ufe0f]])\1*/gv

/**
 * Text by an agent or a model, made safe to show to people: terminal escapes are removed, and characters that would
 * steer a terminal or deceive a reader become visible. Newlines and tabs stay. Markup is the business of whoever
 * puts the text into a document.
 */
export function inertText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n/gu, '\n')
    .replace(escapes, '')
    .replace(controls, (run: string) => String.fromCharCode(pictureOf(run.charCodeAt(0))).repeat(run.length))
    .replace(invisible, (run: string, one: string) =>
      `<U+${hex(one.codePointAt(0) ?? 0)}>`.repeat(run.length / one.length),
    )
}

/** The same on one line. */
export function inertLine(text: string): string {
  return inertText(text).replace(/[\n\t]+/gu, ' ')
}

/** Control Pictures block; C1 has none, so the replacement character stands in. */
function pictureOf(code: number): number {
  if (code < 0x20) return 0x2400 + code
  return code === 0x7f ? 0x2421 : 0xfffd
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0')
}
