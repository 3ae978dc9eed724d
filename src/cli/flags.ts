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
