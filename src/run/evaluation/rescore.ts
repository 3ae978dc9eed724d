import type { Benchmark, Item } from '../../domain/benchmark.ts'
import { BenchError } from '../../domain/error.ts'
import type { Sample, SetMetrics } from '../../domain/evaluation.ts'
import type { Protocol } from '../../domain/protocol.ts'
import type { Programs } from '../../domain/scoring.ts'
import { mapConcurrently } from '../../lib/map-concurrently.ts'
import { overflowed, scoreOutput, unanswered } from './ask.ts'
import { judgeRecordPath } from '../layout.ts'
import { createRecordedJudge } from './judge-record.ts'
import { createScoringTools } from './scoring-tools.ts'
import { summariseSet } from './summarise.ts'

/** Answers scored at once: of those that run programs or wait for files, as many as may wait. */
const scoredAtOnce = 16

export interface RescoreOptions {
  /** Folder of the evaluation, with its judge's record where there was one. */
  readonly path: string
  readonly benchmark: Benchmark
  readonly protocol: Protocol
  readonly items: readonly Item[]
  /** Of the test set, as they were stored. */
  readonly samples: readonly Sample[]
  readonly programs: Programs
  readonly signal: AbortSignal
}

export interface Rescored {
  readonly protocol: string
  /** Null where the protocol's rules end an evaluation at one of these answers. */
  readonly metrics: SetMetrics | null
  readonly aborted: string | null
  /** Samples that score otherwise than recorded, with both values. */
  readonly changed: readonly { readonly key: string; readonly before: number; readonly after: number }[]
}

/** Scores stored answers under other rules. Nothing is asked anew: neither the model nor a judge. */
export async function rescore(options: RescoreOptions): Promise<Rescored> {
  const { benchmark, protocol, samples, signal } = options
  const tools = createScoringTools({
    rules: protocol.scoring,
    signal,
    programs: options.programs,
    judge: await createRecordedJudge(judgeRecordPath(options.path)),
  })
  const items = new Map(options.items.map((item) => [item.id, item]))
  const rescored = await mapConcurrently(samples, scoredAtOnce, async (sample): Promise<Sample> => {
    const { details: _details, error: before, ...rest } = sample
    if (sample.finishReason === unanswered) return { ...rest, value: 0, error: before ?? 'no answer' }
    // The server's message: the output where that was scored, else the error.
    const text = sample.finishReason === overflowed && sample.output === '' ? (before ?? '') : sample.output
    if (sample.finishReason === overflowed && protocol.scoring.contextOverflow === 'zero')
      return { ...rest, answer: null, value: 0, error: text }
    const item = items.get(sample.id)
    if (item === undefined || item.target !== sample.target) throw itemChanged(sample, benchmark)
    const output = {
      text,
      ...(sample.toolCalls === undefined ? {} : { toolCalls: sample.toolCalls }),
    }
    const { value, answer, details, error } = await scoreOutput({ ...sample, item }, output, {
      benchmark,
      tools,
    })
    return {
      ...rest,
      answer,
      value: error === undefined ? value : 0,
      ...(details === undefined ? {} : { details: { ...details } }),
      ...(error === undefined ? {} : { error }),
    }
  })
  const failing = rescored.find(({ error }) => error !== undefined)
  const aborted =
    protocol.scoring.failingSample === 'abort' && failing !== undefined
      ? `${nameOf(failing)}: ${failing.error}`
      : null
  return {
    protocol: protocol.id,
    metrics: aborted === null ? summariseSet(benchmark, protocol.scoring, rescored) : null,
    aborted,
    changed: rescored.flatMap((sample, index) => {
      const before = samples[index]?.value ?? 0
      return before === sample.value ? [] : [{ key: nameOf(sample), before, after: sample.value }]
    }),
  }
}

/** Scored against something else, an answer would seem to have changed. */
function itemChanged({ id }: Sample, benchmark: Benchmark): BenchError {
  return new BenchError(`the item ${id} of ${benchmark.id} is not what it was when it was asked`, {
    code: 'score/items_changed',
    kind: 'environment',
    remedy: 'Put the data back that it was evaluated with, or evaluate again.',
  })
}

function nameOf({ id, pass }: Pick<Sample, 'id' | 'pass'>): string {
  return pass === 1 ? id : `${id} (pass ${pass})`
}
