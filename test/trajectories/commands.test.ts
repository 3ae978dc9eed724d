import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importTrace } from '../../src/cli/import-trace.ts'
import { showLogs } from '../../src/cli/logs.ts'
import { trajectorySchema } from '../../src/domain/trajectory.ts'
import { attemptLayout } from '../../src/run/layout.ts'

const transcripts = join(import.meta.dirname, '../fixtures/transcripts')
let own: string

beforeAll(async () => {
  own = await mkdtemp(join(tmpdir(), 'ptb-trace-'))
})
afterAll(async () => await rm(own, { recursive: true }))

describe('ptb import trace', () => {
  it('prints totals, steps, calls and the reason of the end for scripts, and writes the trajectory', async () => {
    const out = join(own, 'trajectory.json')
    const file = join(transcripts, 'claude-2.1.34.rich/out.jsonl')
    const printed = await importTrace(file, { agent: 'claude', json: true, colour: false, out, exitCode: 0 })
    expect(JSON.parse(printed)).toMatchObject({
      valid: true,
      agent: 'claude-code',
      steps: 10,
      calls: 8,
      unpairedCalls: 0,
      subagents: 1,
      endReason: 'finished',
      totals: {
        promptTokens: 7200,
        cachedTokens: 1200,
        completionTokens: 300,
        everyModel: { prompt: 12_000 },
      },
    })
    trajectorySchema.parse(JSON.parse(await readFile(out, 'utf8')))
  })

  it('says the same to people', async () => {
    const file = join(transcripts, 'codex-0.98.0.err401/out.jsonl')
    const stderr = join(transcripts, 'codex-0.98.0.err401/err.txt')
    const printed = await importTrace(file, {
      agent: 'auto',
      json: false,
      colour: false,
      stderr,
      exitCode: 1,
    })
    expect(printed).toContain('end        auth (auth): unexpected status 401 Unauthorized')
  })

  it('refuses agents and files that it does not know', async () => {
    const options = { agent: 'claude', json: true, colour: false }
    await expect(importTrace(join(own, 'none'), options)).rejects.toMatchObject({ code: 'import/no_file' })
    await expect(importTrace(own, options)).rejects.toMatchObject({ code: 'import/no_file' })
    await expect(importTrace(own, { ...options, agent: 'x' })).rejects.toMatchObject({
      code: 'import/unknown_agent',
    })
  })
})

describe('ptb logs --pretty', () => {
  it("shows an attempt's log as what was said, and its totals", async () => {
    const { root, agentLog } = attemptLayout(own, 1)
    await mkdir(root, { recursive: true })
    const lines = (await readFile(join(transcripts, 'opencode-1.18.33.err403/out.jsonl'), 'utf8')).trimEnd()
    await writeFile(agentLog, lines.replaceAll(/^/gmu, '2026-01-02T03:04:05.678Z out '))
    let shown = ''
    const write = async (text: string): Promise<void> => void (shown += text)
    await showLogs(own, { follow: false, attempt: 1, pretty: { colour: false }, write })
    expect(shown).toContain('error error  APIError: budget exhausted\n')
    expect(shown).toContain('end        none yet\n')
  })
})
