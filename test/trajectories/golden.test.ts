import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createTrajectoryReader } from '../../src/agents/trajectory-reader.ts'
import { createPrettyLog } from '../../src/cli/trajectory/pretty-log.ts'
import type { AgentExit } from '../../src/domain/end-reason.ts'
import { trajectorySchema } from '../../src/domain/trajectory.ts'
import { golden } from '../golden.ts'

const folder = join(import.meta.dirname, '../fixtures/transcripts')
const cases = await readdir(folder)

describe('transcripts', () => {
  test.each(cases)('%s becomes the trajectory that it became before', async (name) => {
    const reader = createTrajectoryReader({ format: null })
    reader.push(await readFile(join(folder, name, 'err.txt')).catch(() => Buffer.alloc(0)), 'err')
    reader.push(await readFile(join(folder, name, 'out.jsonl')))
    const exit: AgentExit = JSON.parse(await readFile(join(folder, name, 'exit.json'), 'utf8'))
    const { trajectory } = reader.end(exit)
    expect(trajectorySchema.safeParse(trajectory).error).toBeUndefined()
    const text = `${JSON.stringify(trajectory, null, 1)}\n`
    expect(text).toBe(await golden(text, `transcripts/${name}/expected/trajectory.json`))
  })

  test.each(cases)('%s looks to people as it did before', async (name) => {
    const log = createPrettyLog({ format: null, colour: false })
    const text = log.push(await readFile(join(folder, name, 'out.jsonl'))) + log.end(null)
    expect(text).toBe(await golden(text, `transcripts/${name}/expected/pretty.txt`))
  })
})
