import { describe, expect, it } from 'vitest'
import { readEvents } from '../../test/trajectories/read-events.ts'

const started = { type: 'thread.started', thread_id: 't' }
const turn = { type: 'turn.started' }
const completed = (input: number): object => ({
  type: 'turn.completed',
  usage: { input_tokens: input, cached_input_tokens: 1, output_tokens: 2 },
})
const item = (stage: string, body: object): object => ({ type: `item.${stage}`, item: body })

describe('a transcript of Codex', () => {
  it('counts a thread once over its turns, and tells items of the same number apart', () => {
    const command = {
      id: 'item_1',
      type: 'command_execution',
      command: 'ls',
      aggregated_output: 'a',
      exit_code: 0,
    }
    const once = [started, turn, item('started', command), item('completed', command), completed(10)]
    const { summary, trajectory } = readEvents('codex', [...once, ...once.slice(0, -1), completed(25)])
    expect(summary).toMatchObject({ calls: 2, unpaired: [], totals: { promptTokens: 25 } })
    const ids = trajectory.steps.flatMap(
      ({ tool_calls }) => tool_calls?.map(({ tool_call_id }) => tool_call_id) ?? [],
    )
    expect(new Set(ids).size).toBe(2)
  })

  it('pairs calls of connected tools and of other agents', () => {
    const mcp = { id: 'item_1', type: 'mcp_tool_call', server: 'db', tool: 'query', arguments: { q: 1 } }
    const { trajectory, summary } = readEvents('codex', [
      started,
      item('started', { ...mcp, status: 'in_progress' }),
      item('completed', {
        ...mcp,
        result: { content: [{ type: 'text', text: 'rows' }] },
        status: 'completed',
      }),
      item('completed', { ...mcp, id: 'item_2', error: { message: 'no such table' }, status: 'failed' }),
      item('completed', { id: 'item_3', type: 'hologram', x: 1 }),
      completed(1),
    ])
    const results = trajectory.steps.flatMap(({ observation }) => observation?.results ?? [])
    expect(results).toMatchObject([
      { content: 'rows' },
      { content: 'no such table', extra: { failed: true } },
    ])
    expect(trajectory.steps.flatMap(({ tool_calls }) => tool_calls ?? [])[0]?.function_name).toBe('db.query')
    expect(summary.unknownEvents).toEqual({ 'item.completed hologram': 1 })
  })

  it('keeps the number of an item that a search hides', () => {
    const { trajectory } = readEvents('codex', [
      started,
      '{"type":"item.started","item":{"id":"item_4","type":"web_search","id":"ws_1","query":""}}',
      '{"type":"item.completed","item":{"id":"item_4","type":"web_search","id":"ws_1","query":"what"}}',
      completed(1),
    ])
    const call = trajectory.steps.flatMap(({ tool_calls }) => tool_calls ?? [])[0]
    expect(call).toMatchObject({
      tool_call_id: 'item_4',
      arguments: { query: 'what' },
      extra: { started: { query: '' } },
    })
  })

  it('is read in the protocol of older versions as well', () => {
    const msg = (type: string, body: object = {}): object => ({ id: '0', msg: { type, ...body } })
    const { trajectory, summary } = readEvents('codex', [
      { model: 'gpt-5', workdir: '/x', 'reasoning effort': 'high' },
      { prompt: 'do it' },
      msg('session_configured', { session_id: 's', model: 'gpt-5' }),
      msg('task_started'),
      msg('agent_reasoning', { text: 'hmm' }),
      msg('agent_message_delta', { delta: 'I w' }),
      msg('agent_message', { message: 'I will' }),
      msg('exec_command_begin', { call_id: 'c', command: ['ls'], cwd: '/x' }),
      msg('exec_command_end', {
        call_id: 'c',
        stdout: 'a',
        stderr: 'b',
        exit_code: 1,
        duration: { secs: 1 },
      }),
      msg('token_count', {
        info: { total_token_usage: { input_tokens: 9, cached_input_tokens: 4, output_tokens: 3 } },
      }),
      msg('hologram', { x: 1 }),
      msg('task_complete', { last_agent_message: 'I will' }),
    ])
    expect(trajectory.steps.find(({ source }) => source === 'agent')).toMatchObject({
      message: 'I will',
      reasoning_content: 'hmm',
      tool_calls: [{ function_name: 'shell', arguments: { command: ['ls'], cwd: '/x' } }],
      observation: { results: [{ content: 'ab', extra: { exit_code: 1, failed: true } }] },
    })
    expect(summary).toMatchObject({
      model: 'gpt-5',
      totals: { promptTokens: 9, cachedTokens: 4, completionTokens: 3 },
      unknownEvents: { 'msg hologram': 1 },
      end: { reason: 'finished' },
    })
  })

  it('keeps the beginning of a message that a kill has cut', () => {
    const { summary, trajectory } = readEvents('codex', [
      { id: '0', msg: { type: 'session_configured', session_id: 's' } },
      { id: '0', msg: { type: 'agent_message_delta', delta: 'I wo' } },
    ])
    expect(trajectory.steps.at(-1)).toMatchObject({ message: 'I wo', extra: { items: [{ partial: true }] } })
    expect(summary.end.reason).toBe('killed')
  })

  it('is understood as far as it is plain text', () => {
    const { summary, trajectory } = readEvents('codex', ['codex', 'All done.', 'tokens used', '12,345'])
    expect(summary).toMatchObject({
      end: { reason: 'finished' },
      totals: { stated: [{ 'tokens used': 12_345 }] },
    })
    expect(trajectory.steps[0]?.message).toBe('codex\nAll done.\ntokens used\n12,345')
    expect(readEvents('codex', ['ERROR: unexpected status 401 Unauthorized: x']).summary.end.reason).toBe(
      'auth',
    )
  })

  it.each([
    ["You've hit your usage limit. Upgrade to Pro", 'quota'],
    [
      'stream disconnected before completion: Request blocked: flagged as potentially violating our usage policy',
      'policy',
    ],
    ["Codex ran out of room in the model's context window. Start a new thread", 'context_limit'],
    ['{"error":{"message":"x","code":"insufficient_quota"}}', 'quota'],
    ['Failed to refresh token: 400 Bad Request: token_expired', 'auth'],
    ['something new', 'cli'],
  ])('names the cause of %s', (message, cause) => {
    expect(
      readEvents('codex', [started, turn, { type: 'turn.failed', error: { message } }]).summary.end.cause,
    ).toBe(cause)
  })
})
