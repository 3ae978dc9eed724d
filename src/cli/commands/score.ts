import { buildCommand } from '@stricli/core'
import { configFlag, jsonFlag, parseCountOrNone, resultsFlag } from '../flags.ts'

export const score = buildCommand({
  async func(
    flags: { results: string; config?: string; protocol: string; show: number; json: boolean },
    ...names: string[]
  ) {
    const { scoreEvaluations } = await import('../score.ts')
    console.log(await scoreEvaluations({ ...flags, protocols: flags.protocol.split(','), names }))
  },
  parameters: {
    flags: {
      protocol: {
        kind: 'parsed',
        parse: String,
        brief: 'protocols whose rules are tried, separated by commas',
        placeholder: 'A,B',
      },
      show: {
        kind: 'parsed',
        parse: parseCountOrNone,
        brief: 'how many of the samples that change are named',
        default: '3',
        placeholder: 'N',
      },
      results: resultsFlag,
      config: configFlag,
      json: jsonFlag,
    },
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: {
        brief: 'run, or folder of an evaluation with its samples.jsonl',
        parse: String,
        placeholder: 'RUN',
      },
    },
  },
  docs: {
    brief: 'scores stored answers again under other rules, and prints the difference',
    fullDescription:
      'Takes the answers of finished evaluations as they are: no model and no judge is asked again, only the rules of scoring\n' +
      "are the other protocol's. What differs in how answers came about (seeds, token limits, templates) stays as it was, so\n" +
      'this shows what the scoring alone changes. Nothing is written.\n\n' +
      'examples:\n  ptb score --protocol v1.0,corrected strong-gsm8k-1\n' +
      '  ptb score --protocol corrected results/study/runs/*/evaluations/v1.0-1 --json',
  },
})
