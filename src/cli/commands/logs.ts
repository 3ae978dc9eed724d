import { buildCommand, numberParser } from '@stricli/core'
import { resultsFlag } from '../flags.ts'

export const logs = buildCommand({
  async func(flags: { results: string; follow: boolean; pretty: boolean; attempt?: number }, name: string) {
    const { findRun } = await import('../find-run.ts')
    const { showLogs } = await import('../logs.ts')
    const { usesColour } = await import('../render.ts')
    const run = await findRun(flags.results, name)
    await showLogs(run.path, {
      follow: flags.follow,
      ...(flags.pretty ? { pretty: { colour: usesColour(process.stdout) } } : {}),
      ...(flags.attempt === undefined ? {} : { attempt: flags.attempt }),
      write: (text) => new Promise((done) => process.stdout.write(text, () => done())),
    })
  },
  parameters: {
    flags: {
      results: resultsFlag,
      follow: { kind: 'boolean', brief: 'go on until the run has ended', default: false, withNegated: false },
      pretty: {
        kind: 'boolean',
        brief: 'what the agent said, called and used, instead of its lines',
        default: false,
        withNegated: false,
      },
      attempt: {
        kind: 'parsed',
        parse: numberParser,
        brief: 'attempt; default: the last',
        optional: true,
        placeholder: 'N',
      },
    },
    aliases: { f: 'follow' },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'run id, or the beginning of one', parse: String, placeholder: 'RUN' }],
    },
  },
  docs: {
    brief: "prints an agent's output, made inert",
    fullDescription:
      'Terminal escapes and other controls are shown, not obeyed.\n\n' +
      'examples:\n  ptb logs strong-nano-arith-1\n  ptb logs strong-nano-arith-1 -f\n' +
      '  ptb logs strong-nano-arith-1 --pretty -f',
  },
})
