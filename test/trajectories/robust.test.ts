import fc from 'fast-check'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findTrajectoryFormat } from '../../src/agents/trajectory-registry.ts'
import { createTrajectoryReader, type ReaderLimits } from '../../src/agents/trajectory-reader.ts'
import type { BuiltTrajectory } from '../../src/domain/trajectory-builder.ts'
import { trajectorySchema } from '../../src/domain/trajectory.ts'
import { openAgentOutput } from '../../src/run/agent/agent-output.ts'
import { writeTrajectory } from '../../src/run/agent/trajectory.ts'

const folder = join(import.meta.dirname, '../fixtures/transcripts')
const transcripts = await Promise.all(
  (await readdir(folder)).map(async (name) => await readFile(join(folder, name, 'out.jsonl'))),
)
const anyTranscript = fc.constantFrom(...transcripts)

function read(chunks: readonly Uint8Array[], limits: Partial<ReaderLimits> = {}): BuiltTrajectory {
  const reader = createTrajectoryReader({ format: null, limits })
  for (const chunk of chunks) reader.push(chunk)
  return reader.end()
}

/** What must not depend on what was printed between the events. */
function essence({ trajectory, summary }: BuiltTrajectory): unknown {
  const steps = trajectory.steps.filter(({ source }) => source !== 'system')
  const { totals, calls, unpaired, messages, reasoning, subagents, end } = summary
  return {
    said: steps.map(({ source, message, reasoning_content, tool_calls, observation }) => ({
      source,
      message,
      reasoning_content,
      tool_calls,
      observation,
    })),
    totals,
    calls,
    unpaired,
    messages,
    reasoning,
    subagents,
    end,
  }
}

describe('a transcript that is damaged, cut or mixed', () => {
  it('is the same, however it comes in chunks', () => {
    fc.assert(
      fc.property(anyTranscript, fc.array(fc.nat(), { maxLength: 30 }), (bytes, cuts) => {
        const places = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length]
        const chunks = places.slice(1).map((to, index) => bytes.subarray(places[index], to))
        expect(read(chunks)).toEqual(read([bytes]))
      }),
      { numRuns: 60 },
    )
  })

  it('is the same, whenever somebody looks at it', () => {
    for (const bytes of transcripts) {
      const reader = createTrajectoryReader({ format: null })
      for (let at = 0; at < bytes.length; at += 997) {
        reader.push(bytes.subarray(at, at + 997))
        trajectorySchema.parse(reader.snapshot().trajectory)
      }
      expect(reader.end()).toEqual(read([bytes]))
    }
  })

  it('is valid when it is cut at any byte, and says no less than its whole lines', () => {
    fc.assert(
      fc.property(anyTranscript, fc.nat(), (bytes, cut) => {
        const part = bytes.subarray(0, cut % bytes.length)
        const { trajectory, summary } = read([part])
        trajectorySchema.parse(trajectory)
        const whole = read([part.subarray(0, part.lastIndexOf(0x0a) + 1)]).summary
        expect(summary.calls).toBeGreaterThanOrEqual(whole.calls)
        expect(summary.messages).toBeGreaterThanOrEqual(whole.messages)
      }),
      { numRuns: 150 },
    )
  })

  it('says the same with lines of standard error between its own', () => {
    const noise = fc.constantFrom(
      'warning: x',
      '    at file.js:1:2',
      '{not json',
      '  {"a":1}',
      'é\u001b[31m',
      'Done',
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...transcripts.filter((bytes) => !bytes.toString('utf8').startsWith('{\n'))),
        fc.array(fc.tuple(fc.nat(), noise), { maxLength: 12 }),
        (bytes, inserts) => {
          const lines = bytes.toString('utf8').trimEnd().split('\n')
          // the first line shows whose transcript it is
          for (const [place, line] of inserts) lines.splice(1 + (place % lines.length), 0, line)
          expect(essence(read([Buffer.from(`${lines.join('\n')}\n`)]))).toEqual(essence(read([bytes])))
        },
      ),
      { numRuns: 100 },
    )
  })

  it('finds events that text was glued to', () => {
    const glued = (bytes: Buffer): Buffer =>
      Buffer.from(
        bytes.toString('utf8').replaceAll(/^\{/gmu, 'Warning: x{').replaceAll(/\}$/gmu, '}trailing'),
      )
    for (const bytes of transcripts.filter((one) => !one.toString('utf8').startsWith('{\n'))) {
      const reader = createTrajectoryReader({ format: formatOf(bytes) })
      reader.push(glued(bytes))
      const clean = read([bytes]).summary
      expect(reader.end().summary).toMatchObject({
        calls: clean.calls,
        messages: clean.messages,
        totals: clean.totals,
      })
    }
  })

  it('never makes the reader throw', () => {
    const line = fc.oneof(
      fc.json({ maxDepth: 4 }),
      fc.string(),
      fc.constantFrom(...transcripts.flatMap((bytes) => bytes.toString('utf8').split('\n'))).chain((text) =>
        fc.tuple(fc.constant(text), fc.nat(), fc.string({ maxLength: 3 })).map(([whole, place, insert]) => {
          const at = place % (whole.length + 1)
          return whole.slice(0, at) + insert + whole.slice(at + insert.length)
        }),
      ),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const json: unknown = JSON.parse(JSON.stringify(read([Buffer.from(lines.join('\n'))]).trajectory))
        expect(trajectorySchema.safeParse(json).error).toBeUndefined()
      }),
      { numRuns: 300 },
    )
  })

  it('may be nested as deeply as it likes, or be a number of everything', () => {
    const deep = `{"type":"assistant","message":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)},"session_id":"x"}`
    const wrong = ['null', '1', '[]', '""', '{}', 'true'].flatMap((value) =>
      [
        'assistant',
        'user',
        'result',
        'system',
        'stream_event',
        'item.completed',
        'turn.completed',
        'message',
        'tool_use',
        'text',
      ].map(
        (type) =>
          `{"type":"${type}","session_id":"s","uuid":"u","sessionID":"o","timestamp":${value},"message":${value},"item":${value},"part":${value},"usage":${value},"stats":${value}}`,
      ),
    )
    const { trajectory } = read([Buffer.from([deep, ...wrong].join('\n'))])
    expect(trajectorySchema.safeParse(JSON.parse(JSON.stringify(trajectory))).error).toBeUndefined()
  })

  it('has no longest line: the beginning is kept, and the notes say so', () => {
    const long = Buffer.from(
      `{"type":"text","x":"${'é'.repeat(5000)}"}\n{"type":"turn.completed","usage":{"input_tokens":5}}\n`,
    )
    const { trajectory, summary } = read([long], { lineBytes: 1000 })
    expect(summary).toMatchObject({ cutLines: 1, totals: { promptTokens: 5 }, end: { reason: 'finished' } })
    expect(trajectory.notes).toContain('1 overlong')
  })

  it('is shortened, then only counted, when there is too much of it', () => {
    const call = (id: number): string =>
      ['started', 'completed']
        .map((stage) =>
          JSON.stringify({
            type: `item.${stage}`,
            item: {
              id: `item_${id}`,
              type: 'command_execution',
              command: 'x',
              aggregated_output: 'y'.repeat(1000),
              exit_code: 0,
            },
          }),
        )
        .join('\n')
    const lines = [
      '{"type":"thread.started","thread_id":"t"}',
      ...Array.from({ length: 400 }, (_, id) => call(id)),
      '{"type":"turn.completed","usage":{"input_tokens":7,"output_tokens":8}}',
    ]
    const { trajectory, summary } = read([Buffer.from(lines.join('\n'))], { wholeBytes: 100_000 })
    expect(summary).toMatchObject({ calls: 400, unpaired: [], totals: { promptTokens: 7 }, shortened: true })
    expect(summary.dropped).toBeGreaterThan(0)
    expect(JSON.stringify(trajectory).length).toBeLessThan(500_000)
    expect(summary.end.reason).toBe('finished')
    trajectorySchema.parse(trajectory)
  })
})

describe("a run's agent.log", () => {
  it('is the same trajectory, with times, whatever its lines were cut into', async () => {
    const own = await mkdtemp(join(tmpdir(), 'ptb-trajectory-'))
    try {
      const long = JSON.stringify({
        type: 'item.completed',
        item: { id: 'item_9', type: 'agent_message', text: `${'é'.repeat(200_000)} end` },
      })
      const raw = Buffer.from(
        `{"type":"thread.started","thread_id":"t"}\n${long}\n{"type":"turn.completed","usage":{"input_tokens":1}}\n`,
      )
      for (const bytes of [...transcripts, raw]) {
        const agentLog = join(own, 'agent.log')
        {
          using output = openAgentOutput(agentLog, { capBytes: 1024 ** 3, now: () => new Date(0) })
          output.write('out', bytes.subarray(0, 1000))
          output.write('err', Buffer.from('a line of another stream\n'))
          output.write('out', bytes.subarray(1000))
        }
        const to = join(own, 'trajectory.json')
        const summary = await writeTrajectory({
          agentLog,
          to,
          reader: createTrajectoryReader({ format: formatOf(bytes) }),
          exit: {},
        })
        const plain = read([bytes]).summary
        expect(summary?.startedAt).toEqual(expect.any(String))
        expect(summary).toMatchObject({
          calls: plain.calls,
          messages: plain.messages,
          damagedLines: 0,
          totals: plain.totals,
          end: plain.end,
        })
        trajectorySchema.parse(JSON.parse(await readFile(to, 'utf8')))
        await rm(agentLog)
      }
    } finally {
      await rm(own, { recursive: true })
    }
  })

  it('may have the stamps of the published system', () => {
    for (const bytes of transcripts) {
      const stamped = bytes.toString('utf8').trimEnd().replaceAll(/^/gmu, '[2026-01-01T00:00:00Z] ')
      const { summary } = read([Buffer.from(stamped)])
      const plain = read([bytes]).summary
      expect(summary).toMatchObject({
        calls: plain.calls,
        messages: plain.messages,
        totals: plain.totals,
        end: plain.end,
      })
      expect(summary.startedAt).not.toBeNull()
    }
  })
})

function formatOf(bytes: Buffer): ReturnType<typeof findTrajectoryFormat> {
  return findTrajectoryFormat(read([bytes]).summary.agent)
}
