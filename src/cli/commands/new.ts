import { buildCommand } from '@stricli/core'

const kinds = ['agent', 'benchmark', 'detector'] as const
type Kind = (typeof kinds)[number]

export const newCommand = buildCommand({
  async func(flags: { dir: string; published: boolean }, kind: Kind, name: string) {
    const { renderNewPart } = await import('../new.ts')
    console.log(await renderNewPart({ kind, name, ...flags }))
  },
  parameters: {
    flags: {
      dir: {
        kind: 'parsed',
        parse: String,
        brief: 'folder of your own parts',
        default: '.',
        placeholder: 'DIR',
      },
      published: {
        kind: 'boolean',
        brief: 'a benchmark in the published format: evaluate.py, benchmark.txt, task_context/',
        default: false,
        withNegated: false,
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: kinds.join(', '), parse: parseKind, placeholder: kinds.join('|') },
        { brief: 'its name: lower-case letters, digits and "-"', parse: String, placeholder: 'NAME' },
      ],
    },
  },
  docs: {
    brief: 'writes an agent, benchmark or detector of your own that works as it stands',
    fullDescription:
      'A small complete example to change, with its tests, a ptb.config.ts that lists it, and an experiment to try it with.\n' +
      'Says what to do next. Overwrites nothing.\n\n' +
      'examples:\n  ptb new agent mine\n  ptb new benchmark mine --dir ~/bench\n  ptb new benchmark mine --published\n' +
      '  ptb new detector mine',
  },
})

function parseKind(text: string): Kind {
  const kind = kinds.find((candidate) => candidate === text)
  if (kind === undefined)
    throw new SyntaxError(`there is no "${text}" to be made; known: ${kinds.join(', ')}`)
  return kind
}
