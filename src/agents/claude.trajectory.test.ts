import { describe, expect, it } from 'vitest'
import { readEvents } from '../../test/trajectories/read-events.ts'

const session = { session_id: 's', uuid: 'u' }
const init = {
  type: 'system',
  subtype: 'init',
  model: 'claude-x',
  claude_code_version: '2.9.9',
  tools: ['Bash'],
  ...session,
}
const usage = {
  input_tokens: 10,
  cache_read_input_tokens: 5,
  cache_creation_input_tokens: 2,
  output_tokens: 1,
}

function says(id: string, content: unknown, more: object = {}): object {
  return {
    type: 'assistant',
    message: { id, model: 'claude-x', role: 'assistant', content: [content], usage },
    ...session,
    ...more,
  }
}

function gets(call: string, content: unknown, more: object = {}): object {
  return {
    type: 'user',
    message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: call, content }] },
    ...session,
    ...more,
  }
}

const done = {
  type: 'result',
  subtype: 'success',
  is_error: false,
  result: 'ok',
  usage: { ...usage, output_tokens: 40 },
  total_cost_usd: 1,
  ...session,
}
const call = (id: string, name: string): object => ({ type: 'tool_use', id, name, input: { command: 'x' } })

describe('a transcript of Claude Code', () => {
  it('has one step per message, even if results come between its blocks', () => {
    const { trajectory, summary } = readEvents('claude', [
      init,
      says('m', { type: 'text', text: 'a' }),
      says('m', call('1', 'Bash')),
      gets('1', 'one'),
      says('m', call('2', 'Bash')),
      gets('2', [{ type: 'text', text: 'two' }]),
      done,
    ])
    const agent = trajectory.steps.filter(({ source }) => source === 'agent')
    expect(agent).toHaveLength(1)
    expect(agent[0]).toMatchObject({
      message: 'a',
      model_name: 'claude-x',
      llm_call_count: 1,
      metrics: { prompt_tokens: 17, cached_tokens: 5 },
      observation: { results: [{ source_call_id: '1', content: 'one' }, { content: 'two' }] },
    })
    expect(summary).toMatchObject({
      version: '2.9.9',
      calls: 2,
      unpaired: [],
      totals: { completionTokens: 40, costUsd: 1 },
    })
  })

  it('embeds subagents, also those of subagents and those that answer after their call has returned', () => {
    const { trajectory, summary } = readEvents('claude', [
      init,
      says('m', call('task', 'Task')),
      gets('task', 'started'),
      says('n', call('inner', 'Task'), { parent_tool_use_id: 'task' }),
      says('o', { type: 'text', text: 'deep' }, { parent_tool_use_id: 'inner' }),
      gets('inner', 'answer', { parent_tool_use_id: 'task' }),
      done,
    ])
    const [subagent] = trajectory.subagent_trajectories ?? []
    expect(subagent?.trajectory_id).toBe('task')
    expect(subagent?.subagent_trajectories?.[0]).toMatchObject({
      trajectory_id: 'inner',
      steps: [{ message: 'deep', extra: { is_sidechain: true } }],
    })
    const step = trajectory.steps.find(({ source }) => source === 'agent')
    expect(step?.observation?.results[0]?.subagent_trajectory_ref).toEqual([{ trajectory_id: 'task' }])
    expect(summary).toMatchObject({ subagents: 2, calls: 2, unpaired: [], end: { reason: 'finished' } })
  })

  it('takes true usage from partial messages, and keeps one that a kill has cut', () => {
    const stream = (event: object): object => ({
      type: 'stream_event',
      event,
      parent_tool_use_id: null,
      ...session,
    })
    const { trajectory, summary } = readEvents('claude', [
      init,
      stream({ type: 'message_start', message: { id: 'm', usage } }),
      stream({ type: 'content_block_start', content_block: { type: 'text' } }),
      stream({ type: 'content_block_delta', delta: { type: 'text_delta', text: 'whole' } }),
      says('m', { type: 'text', text: 'whole' }),
      stream({ type: 'message_delta', usage: { output_tokens: 33 } }),
      stream({ type: 'message_start', message: { id: 'n', usage } }),
      stream({ type: 'content_block_start', content_block: { type: 'text' } }),
      stream({ type: 'content_block_delta', delta: { type: 'text_delta', text: 'half of' } }),
    ])
    const messages = trajectory.steps.filter(({ source }) => source === 'agent').map(({ message }) => message)
    expect(messages).toEqual(['whole', 'half of'])
    expect(summary).toMatchObject({
      totals: { completionTokens: 33, basis: 'summed' },
      end: { reason: 'killed' },
    })
  })

  it('keeps what it does not know as it is', () => {
    const strange = { type: 'hologram', payload: { x: [1] }, ...session }
    const { trajectory, summary } = readEvents('claude', [
      init,
      says('m', { type: 'redacted_thinking', data: 'opaque' }),
      strange,
      done,
    ])
    expect(summary.unknownEvents).toEqual({ hologram: 1 })
    expect(trajectory.steps).toContainEqual(
      expect.objectContaining({ extra: { kind: 'event hologram', events: [strange] } }),
    )
    expect(JSON.stringify(trajectory)).toContain('"data":"opaque"')
  })

  it('adds up results of several processes, and takes the last of a growing cost', () => {
    const grown = { ...done, total_cost_usd: 3, model_usage_since_last_result: { x: {} } }
    expect(readEvents('claude', [init, done, init, done]).summary.totals).toMatchObject({
      promptTokens: 34,
      costUsd: 2,
    })
    expect(readEvents('claude', [init, done, init, grown]).summary.totals).toMatchObject({
      promptTokens: 34,
      costUsd: 3,
    })
  })

  it.each([
    [{ ...done, is_error: true, result: "You've hit your limit · resets 3pm" }, 'quota'],
    [{ ...done, is_error: true, result: 'Credit balance is too low' }, 'budget'],
    [{ ...done, is_error: true, result: 'Prompt is too long' }, 'context_limit'],
    [{ ...done, is_error: true, result: 'API Error: x', api_error_status: 529 }, 'provider'],
    [{ ...done, subtype: 'error_max_turns', is_error: false, result: undefined }, 'turn_limit'],
    [
      {
        ...done,
        subtype: 'error_during_execution',
        is_error: true,
        result: undefined,
        terminal_reason: 'aborted_tools',
      },
      'interrupted',
    ],
    [{ ...done, stop_reason: 'refusal', result: '' }, 'policy'],
    [
      {
        ...done,
        is_error: true,
        result:
          'API Error: Claude Code is unable to respond to this request, which appears to violate our Usage Policy',
      },
      'policy',
    ],
  ])('says why it ended: %#', (result, cause) => {
    expect(readEvents('claude', [init, result]).summary.end.cause).toBe(cause)
  })

  it('sees a limit that an older version reports as a success', () => {
    const text = 'Claude AI usage limit reached|1700000000'
    const synthetic = {
      type: 'assistant',
      message: { id: 'm', model: '<synthetic>', role: 'assistant', content: [{ type: 'text', text }] },
      ...session,
    }
    expect(readEvents('claude', [init, synthetic, { ...done, result: text }]).summary.end.cause).toBe('quota')
  })

  it('takes a model that declines and does nothing else for refused', () => {
    const decline = says('m', { type: 'text', text: "I'm sorry, but I can't help with that request." })
    expect(readEvents('claude', [init, decline, done]).summary.end.reason).toBe('refused')
    expect(
      readEvents('claude', [init, says('m', call('1', 'Bash')), gets('1', ''), decline, done]).summary.end
        .reason,
    ).toBe('finished')
  })
})
