import { describe, expect, it } from 'vitest'
import { readEvents } from '../../test/trajectories/read-events.ts'

const timestamp = '2026-01-02T03:04:05.678Z'
const init = { type: 'init', timestamp, session_id: 's', model: 'gemini-x' }
const stats = { total_tokens: 30, input_tokens: 20, output_tokens: 6, duration_ms: 1, tool_calls: 0 }
const success = { type: 'result', timestamp, status: 'success', stats }

describe('a transcript of Gemini CLI', () => {
  it('joins the pieces of a message, and begins another one after a result', () => {
    const piece = (content: string): object => ({
      type: 'message',
      timestamp,
      role: 'assistant',
      content,
      delta: true,
    })
    const { trajectory } = readEvents('gemini', [
      init,
      piece('one '),
      'warning on the same pipe',
      piece('two'),
      { type: 'tool_use', timestamp, tool_name: 'ls', tool_id: '1', parameters: {} },
      { type: 'tool_result', timestamp, tool_id: '1', status: 'success', output: '' },
      piece('three'),
      success,
    ])
    const messages = trajectory.steps.filter(({ source }) => source === 'agent').map(({ message }) => message)
    expect(messages).toEqual(['one two', 'three'])
    expect(trajectory.final_metrics).toMatchObject({
      total_prompt_tokens: 20,
      total_completion_tokens: 6,
      extra: { total_reasoning_tokens: 4 },
    })
  })

  it('did not finish when it was stopped in a loop or at its limit of turns, though it says success', () => {
    for (const message of ['Loop detected, stopping execution', 'Maximum session turns exceeded'])
      expect(
        readEvents('gemini', [init, { type: 'error', timestamp, severity: 'warning', message }, success])
          .summary.end,
      ).toMatchObject({ reason: 'limit', cause: 'turn_limit' })
  })

  it('is read from answers of the API, as early versions printed them', () => {
    const answer = (parts: object[], more: object = {}): object => ({
      method: 'generateContent',
      response: {
        candidates: [{ content: { role: 'model', parts }, ...more }],
        usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2 },
      },
    })
    const { trajectory, summary } = readEvents('gemini', [
      answer([
        { text: 'plan', thought: true },
        { text: 'go' },
        { functionCall: { name: 'ls', args: { a: 1 } } },
      ]),
      answer([{ functionResponse: { name: 'ls', response: { output: 'files' } } }]),
      answer([{ text: 'done' }], { finishReason: 'STOP' }),
    ])
    expect(trajectory.steps.filter(({ source }) => source === 'agent')).toMatchObject([
      { message: 'go', reasoning_content: 'plan', observation: { results: [{ content: 'files' }] } },
      { message: 'done' },
    ])
    expect(summary).toMatchObject({
      calls: 1,
      unpaired: [],
      totals: { promptTokens: 10 },
      end: { reason: 'finished' },
    })
    const blocked = { promptFeedback: { blockReason: 'SAFETY' }, candidates: [] }
    expect(readEvents('gemini', [blocked]).summary.end.reason).toBe('refused')
  })

  it('knows the failures that its one object at the end tells', () => {
    const text = JSON.stringify(
      { error: { type: 'FatalAuthenticationError', message: 'no', code: 41 } },
      null,
      2,
    )
    const { summary } = readEvents('gemini', text.split('\n'), { exitCode: 41 })
    expect(summary).toMatchObject({ damagedLines: 0, end: { reason: 'auth' } })
  })

  it('gives an object over many lines up when it is none', () => {
    const { summary } = readEvents('gemini', ['{', '  "a": 1,', '}', init, success])
    expect(summary).toMatchObject({ sessions: ['s'], end: { reason: 'finished' } })
  })
})
