/** What text can do to whoever looks at it in a terminal, in a spreadsheet or in a browser. */
export const hostileTexts: Readonly<Record<string, string>> = {
  colour: '\u001b[31;5mred\u001b[0m',
  'cursor and screen': '\u001b[2J\u001b[1;1H\u001b[?1049h',
  'report of the cursor': '\u001b[6n\u001b[c\u001b[21t',
  'title of the window': '\u001b]0;owned\u0007\u001b]2;owned\u001b\\',
  clipboard: '\u001b]52;c;cm0gLXJmIH4=\u0007',
  link: '\u001b]8;;https://evil.example\u001b\\click\u001b]8;;\u001b\\',
  'device control': '\u001bP$q"p\u001b\\\u001bP1$r0m\u001b\\',
  'other strings': '\u001b_app\u001b\\\u001b^pm\u001b\\\u001bXsos\u001b\\',
  'never closed': '\u001b]0;never closed',
  C1: '\u009b31m\u009d0;title\u009c\u0090q\u009c\u0085\u008d',
  'other character sets': '\u000e\u000f\u001b(0\u001bc\u001b#8',
  'over what is there': 'abc\b\b\bxyz\rover',
  bells: '\u0007\u0005\u007f\u0000',
  bidi: 'invoice\u202egpj.exe\u202c \u2066hidden\u2069 \u061c\u200e\u200f',
  invisible: 'zero\u200bwidth\u2060\ufeff\u{e0041}\u{e0142}\u3164',
  'line ends': 'a\u2028b\u2029c\r\nd\u000be\u000cf',
  'half a character': '\ud800 \udc00',
  formula: "=cmd|' /C calc'!A0",
  'another formula': '@SUM(1+1)*cmd',
  markup: '<img src=x onerror="window.broken=1"><svg/onload=window.broken=1>',
  'end of a script': '</script><script>window.broken=1</script><!-- <script>',
  template: '${window.broken=1} {{constructor.constructor("window.broken=1")()}} <%= 1 %> $& $`',
  address: 'javascript:window.broken=1//https://evil.example/x.png data:text/html,<script>1</script>',
  markdown: '| a | [x](javascript:alert(1)) ![y](https://evil.example/p.png) @everyone `code` # h',
}

export const hostile = Object.values(hostileTexts).join(' ')

/** As the name of a file or folder may be, of no more than 255 bytes. */
export const hostileNames: readonly string[] = Object.values(hostileTexts).map((text) =>
  text.replaceAll(/[/\u0000]/gu, '_').toWellFormed(),
)

/** What a program can be called with. */
export function asArgument(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed()
}

/** Neither a file name nor a log has to be UTF-8. */
export const invalidUtf8 = Buffer.from([
  0xc3, 0x28, 0xa0, 0xff, 0xfe, 0xf0, 0x9f, 0x98, 0x9b, 0x33, 0x31, 0x6d, 0xed, 0xa0, 0x80,
])

/** Control characters, and what reorders, hides or breaks lines: none of it may ever be printed. */
const alive =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e0fff}]/gu

/** What is left in an output that a terminal would obey, after the colours that are ours. */
export function findAlive(output: string, options: { readonly coloured: boolean }): string[] {
  // only the codes that `styleText` writes for the styles that are used
  const own = options.coloured ? output.replaceAll(/\u001b\[(?:[0-2]|22|3[0-79]|9[0-7])m/gu, '') : output
  return [
    ...new Set(
      [...own.matchAll(alive)].map(({ index }) =>
        JSON.stringify(own.slice(Math.max(0, index - 30), index + 20)),
      ),
    ),
  ]
}
