/** Flags that several commands share. */
export const resultsFlag = {
  kind: 'parsed',
  parse: String,
  brief: 'folder of all experiments',
  default: 'results',
  placeholder: 'DIR',
} as const

export const jsonFlag = {
  kind: 'boolean',
  brief: 'print JSON for scripts',
  default: false,
  withNegated: false,
} as const
