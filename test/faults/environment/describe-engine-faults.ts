import { describe, expect, it } from 'vitest'
import { createEngineBench } from './engine-faults.ts'

/** What becomes of a submission that brings the fault along; `null`: it is scored all the same. */
export const engineFaults: Readonly<Record<string, string | null>> = {
  'dies-at-start': 'no_model/does_not_load',
  'never-listens': 'no_model/does_not_load',
  'hangs-at-start': 'no_model/does_not_load',
  'never-healthy': 'no_model/does_not_load',
  dies: 'no_model/stops_answering',
  hangs: 'no_model/stops_answering',
  'out-of-memory': 'no_model/stops_answering',
  'slow-body': 'no_model/stops_answering',
  html: 'no_model/stops_answering',
  'invalid-json': 'no_model/stops_answering',
  'no-choices': 'no_model/stops_answering',
  'empty-choices': 'no_model/stops_answering',
  'null-content': 'no_model/answers_nothing',
  '200-mb': 'no_model/answers_nothing',
  'negative-usage': null,
  'storm-429': null,
  'storm-429-retry-after': null,
  'storm-503': null,
  'storm-500': null,
  '400': 'no_model/answers_nothing',
  '429': 'no_model/stops_answering',
  '500': 'no_model/stops_answering',
  '503': 'no_model/stops_answering',
  'cuts-off': 'no_model/stops_answering',
  'content-length-too-large': 'no_model/stops_answering',
  'content-length-too-small': 'no_model/stops_answering',
}

const wholeScore = {
  reason: null,
  metrics: { test: { items: 8, accuracy: 1, errors: 0 }, shadow: { items: 4, accuracy: 1, errors: 0 } },
}

export function describeEngineFaults(names: readonly string[]): void {
  describe('engine faults', { concurrent: true, timeout: 120_000 }, () => {
    describe('of the first start change nothing', () => {
      it.each(names)('%s', async (fault) => {
        await using bench = await createEngineBench()
        expect(await bench.evaluate({ fault, of: { faultyStarts: 1 } })).toMatchObject(wholeScore)
      })
    })

    describe('of a submission have a name', () => {
      it.each(names)('%s', async (fault) => {
        await using bench = await createEngineBench()
        const end = await bench.evaluate({ fault, of: 'submission' })
        const reason = engineFaults[fault]
        expect(end).toMatchObject(reason === null ? wholeScore : { reason, metrics: null })
      })
    })

    describe("that stay are the harness's, and once they are mended the rest follows", () => {
      it.each(names.filter((name) => engineFaults[name] !== null))('%s', async (fault) => {
        await using bench = await createEngineBench()
        const end = await bench.evaluate({ fault, of: { faultyStarts: Infinity } })
        expect(end).toMatchObject({ reason: 'infra_failure/engine_broken', metrics: null })
        expect(await bench.evaluate(null)).toMatchObject(wholeScore)
      })
    })
  })
}
