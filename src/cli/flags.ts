/** Flags and arguments that several commands share. */
export const resultsFlag = {
  kind: 'parsed',
  parse: String,
  brief: 'folder of all experiments',
  default: 'results',
  placeholder: 'DIR',
} as const

export const configFlag = {
  kind: 'parsed',
  parse: String,
  brief: 'ptb.config.ts; default: the nearest above the experiment file or this folder',
  placeholder: 'FILE',
  optional: true,
} as const

export const jsonFlag = {
  kind: 'boolean',
  brief: 'print JSON for scripts',
  default: false,
  withNegated: false,
} as const

export const experimentOrAll = {
  brief: "experiment's folder, file or name; default: all",
  parse: String,
  placeholder: 'EXPERIMENT',
  optional: true,
} as const

/** For flags that say how many. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new SyntaxError(`${text} is not a whole number above 0`)
}

export function parseCountOrNone(text: string): number {
  return text === '0' ? 0 : parseCount(text)
}
