import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findTrajectoryFormat } from '../../src/agents/trajectory-registry.ts'
import { createTrajectoryReader } from '../../src/agents/trajectory-reader.ts'
import type { BuiltTrajectory } from '../../src/domain/trajectory-builder.ts'
import { trajectorySchema } from '../../src/domain/trajectory.ts'
import { checkJsonSchema, type Schema } from './json-schema.ts'
import { findLost, readEvents } from './lossless.ts'
import {
  agentOf,
  exitOf,
  expectedReason,
  readRecording,
  readRecordings,
  shared,
  type Recording,
} from './recorded.ts'
import { statedTotals } from './stated-totals.ts'

const recordings = await readRecordings()
if (recordings === null)
  console.warn(`skipped: there are no recorded runs in ${join(shared, 'transcripts')}; set PTB_SHARED`)

async function convert(recording: Recording): Promise<BuiltTrajectory> {
  const { out, err } = await readRecording(recording)
  const reader = createTrajectoryReader({ format: findTrajectoryFormat(agentOf(recording)) })
  reader.push(err, 'err')
  reader.push(out)
  return reader.end(exitOf(recording))
}

describe.skipIf(recordings === null)('recorded runs', () => {
  const all = recordings ?? []

  test.each(all)('$file is valid ATIF 1.7, by our schema and by the published one', async (recording) => {
    const { trajectory } = await convert(recording)
    const json: unknown = JSON.parse(JSON.stringify(trajectory))
    expect(trajectorySchema.safeParse(json).error).toBeUndefined()
    const published: Schema = JSON.parse(
      await readFile(join(shared, 'formats/atif-v1.7.schema.json'), 'utf8'),
    )
    expect(checkJsonSchema(published, json)).toEqual([])
  })

  test.each(all)('$file loses nothing that the CLI said', async (recording) => {
    const { trajectory } = await convert(recording)
    const { out } = await readRecording(recording)
    expect(findLost(readEvents(out.toString('utf8')), trajectory)).toEqual([])
  })

  test.each(all)('$file pairs every call that was not cut off with its result', async (recording) => {
    const { summary } = await convert(recording)
    // a kill, the end of the turn, or a budget that was used up before the tool ran
    const mayLack =
      ['killed', 'background'].includes(expectedReason(recording)) || recording.file.includes('max-budget')
    const cut = mayLack ? 1 : 0
    expect(summary.unpaired.length).toBeLessThanOrEqual(cut)
    expect(summary.orphanResults).toBe(0)
    expect(summary.unknownEvents).toEqual({})
    expect(summary.damagedLines).toBe(0)
  })

  test.each(all)('$file has the totals that the CLI states', async (recording) => {
    const { summary } = await convert(recording)
    const { out } = await readRecording(recording)
    const stated = statedTotals(agentOf(recording), readEvents(out.toString('utf8')))
    expect(summary.totals.basis === 'stated').toBe(stated !== null)
    expect(summary.totals).toMatchObject(stated ?? {})
  })

  test.each(all)('$file ended as its record implies', async (recording) => {
    const { summary } = await convert(recording)
    expect(summary.end).toMatchObject({ reason: expectedReason(recording) })
  })

  test.each(all)('$file is recognised without its name', async (recording) => {
    const { out } = await readRecording(recording)
    const reader = createTrajectoryReader({ format: null })
    reader.push(out)
    expect(reader.end().summary.agent).toBe(findTrajectoryFormat(agentOf(recording))?.agent)
  })
})
