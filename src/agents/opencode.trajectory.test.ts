import { describe, expect, it } from 'vitest'
import { readEvents } from '../../test/trajectories/read-events.ts'

const base = { timestamp: 1_795_174_276_093, sessionID: 'ses' }
const part = (type: string, body: object): object => ({
  type,
  ...base,
  part: { messageID: 'm', type, ...body },
})
const finish = (reason: string): object =>
  part('step_finish', {
    reason,
    cost: 0.5,
    tokens: { input: 10, output: 3, reasoning: 4, cache: { read: 2, write: 1 } },
  })

describe('a transcript of opencode', () => {
  it('has a step per message, with its usage, cost and the times of its calls', () => {
    const { trajectory, summary } = readEvents('opencode', [
      part('step_start', {}),
      part('reasoning', { text: 'hmm' }),
      part('text', { text: 'go' }),
      part('tool_use', {
        tool: 'bash',
        callID: 'c',
        state: {
          status: 'error',
          input: { command: 'x' },
          error: 'denied',
          time: { start: base.timestamp, end: base.timestamp + 5 },
        },
      }),
      finish('tool-calls'),
    ])
    expect(trajectory.steps).toMatchObject([
      {
        message: 'go',
        reasoning_content: 'hmm',
        metrics: { prompt_tokens: 13, cached_tokens: 2, completion_tokens: 3, cost_usd: 0.5 },
        observation: {
          results: [{ content: 'denied', extra: { failed: true, timestamp: '2026-11-20T11:31:16.098Z' } }],
        },
      },
    ])
    expect(summary).toMatchObject({ totals: { costUsd: 0.5, reasoningTokens: 4 }, end: { reason: 'killed' } })
  })

  it.each([
    ['stop', 'completed'],
    ['content-filter', 'policy'],
    ['length', 'context_limit'],
  ])('ends a step because of %s', (reason, cause) => {
    expect(readEvents('opencode', [part('step_start', {}), finish(reason)]).summary.end.cause).toBe(cause)
  })

  it('went on after an error if it said something afterwards', () => {
    const error = { type: 'error', ...base, error: { name: 'ProviderAuthError', data: { message: 'x' } } }
    expect(readEvents('opencode', [error]).summary.end.reason).toBe('auth')
    const after = [error, part('text', { text: 'still here' }), finish('stop')]
    expect(readEvents('opencode', after).summary).toMatchObject({
      errors: ['x'],
      end: { reason: 'finished' },
    })
  })
})
