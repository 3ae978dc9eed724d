/** What a key asks for; `interrupt` and `suspend` are Ctrl-C and Ctrl-Z, which a raw terminal hands over as bytes. */
export type Key =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'top'
  | 'bottom'
  | 'quit'
  | 'interrupt'
  | 'suspend'

const keys: Readonly<Record<string, Key>> = {
  k: 'up',
  '\u001b[A': 'up',
  '\u001bOA': 'up',
  j: 'down',
  '\u001b[B': 'down',
  '\u001bOB': 'down',
  '\u001b[5~': 'page-up',
  '\u001b[6~': 'page-down',
  ' ': 'page-down',
  g: 'top',
  '\u001b[H': 'top',
  '\u001b[1~': 'top',
  G: 'bottom',
  '\u001b[F': 'bottom',
  '\u001b[4~': 'bottom',
  q: 'quit',
  Q: 'quit',
  '\u0003': 'interrupt',
  '\u001a': 'suspend',
}

/** A control sequence of ECMA-48 (5.4), one of three characters (SS3), or one character. */
const sequences = /\u001b\[[0-?]*[ -/]*[@-~]|\u001bO.|[\s\S]/gu

/** The keys in what a terminal sent, which may be several; those that mean nothing here are left out. */
export function parseKeys(text: string): Key[] {
  return (text.match(sequences) ?? []).flatMap((sequence) => keys[sequence] ?? [])
}

/** Where the list stands after a key; `page` runs are shown at a time. May be out of bounds. */
export function scrollBy(key: Key, scroll: number, page: number): number {
  switch (key) {
    case 'up':
      return scroll - 1
    case 'down':
      return scroll + 1
    case 'page-up':
      return scroll - page
    case 'page-down':
      return scroll + page
    case 'top':
      return 0
    case 'bottom':
      return Number.MAX_SAFE_INTEGER
    case 'quit':
    case 'interrupt':
    case 'suspend':
      return scroll
  }
}
