import { buildCommand } from '@stricli/core'
import type { Keep } from '../../domain/experiment.ts'
import { experimentOrAll, jsonFlag, resultsFlag } from '../flags.ts'

interface Flags {
  readonly results: string
  readonly keep?: Keep
  readonly olderThan?: number
  readonly cache: boolean
  readonly yes: boolean
  readonly json: boolean
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

function parseAge(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([mhdw])$/u.exec(text) ?? []
  if (number === '' || !(unit in unitMs))
    throw new SyntaxError(`"${text}" is no age; write 30m, 12h, 7d or 2w`)
  return Number(number) * unitMs[unit as keyof typeof unitMs] // one of them, as just looked
}

export const gc = buildCommand({
  async func(flags: Flags, name?: string) {
    if (flags.cache) {
      const { cacheAgeMs, cleanCache } = await import('../gc-cache.ts')
      console.log(await cleanCache({ ...flags, olderThanMs: flags.olderThan ?? cacheAgeMs }))
      return
    }
    const { collectGarbage } = await import('../gc.ts')
    const { findExperiment, listExperiments } = await import('../find-run.ts')
    const paths =
      name === undefined ? await listExperiments(flags.results) : [await findExperiment(flags.results, name)]
    console.log(await collectGarbage({ ...flags, paths, olderThanMs: flags.olderThan ?? 0 }))
  },
  parameters: {
    flags: {
      results: resultsFlag,
      keep: {
        kind: 'enum',
        values: ['weights', 'hashes', 'all'],
        brief: "what stays; default: what the experiment's file says, else weights",
        optional: true,
      },
      olderThan: {
        kind: 'parsed',
        parse: parseAge,
        brief: 'only runs finished at least this long ago, e.g. 12h or 7d',
        optional: true,
        placeholder: 'AGE',
      },
      cache: {
        kind: 'boolean',
        brief: 'instead: entries of the private cache that are not in use (default age: 10d)',
        default: false,
        withNegated: false,
      },
      yes: {
        kind: 'boolean',
        brief: 'remove it; without this it is only shown',
        default: false,
        withNegated: false,
      },
      json: jsonFlag,
    },
    positional: {
      kind: 'tuple',
      parameters: [experimentOrAll],
    },
  },
  docs: {
    brief: 'removes what finished runs no longer need',
    fullDescription:
      'Shows what would go; with --yes it goes, and gc.jsonl of each run says what. What stays:\n' +
      '  all      everything\n' +
      '  weights  the sealed weights and all evidence that a verdict rests on; large files of the archived workspace that\n' +
      '           no finding cites go, and so do python caches and what dead attempts left over\n' +
      '  hashes   of the sealed weights only the hashes as well: the run cannot be evaluated anew\n' +
      'Journals, events, logs, prompts, seals, samples, metrics, findings, verdicts and results always stay. Runs that are\n' +
      'not finished, wait for a verdict or may have a worker are not touched.\n\n' +
      'examples:\n  ptb gc results/demo\n  ptb gc demo --keep hashes --older-than 7d --yes\n  ptb gc --cache',
  },
})
