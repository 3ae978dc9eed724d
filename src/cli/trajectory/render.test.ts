import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TrajectoryEntry } from '../../domain/trajectory-thread.ts'
import { paint } from '../render.ts'
import { createPrettyLog } from './pretty-log.ts'
import { renderEntry } from './render.ts'

const plain = paint(false)
const entry = (rest: object): TrajectoryEntry =>
  // completed by the callers
  ({ subagent: null, at: null, ...rest }) as TrajectoryEntry

describe('a trajectory, shown to people', () => {
  it('obeys nothing that an agent wrote', () => {
    const evil = fc.string({
      unit: fc.constantFrom('\u001b', '[2J', '\u009b', '\r', '\n', '\u202e', 'x', '\u0007', '\u0000'),
    })
    fc.assert(
      fc.property(evil, evil, (one, other) => {
        const shown = [
          ...['user', 'message', 'reasoning'].map((kind) => entry({ kind, text: one })),
          entry({ kind: 'call', name: one, arguments: { [other]: one, b: [other] } }),
          entry({ kind: 'call', name: one, arguments: { command: other } }),
          entry({ kind: 'result', name: one, text: other, failed: true }),
          entry({ kind: 'note', title: one, text: other }),
        ].map((each) => renderEntry(each, plain))
        expect(shown.join('')).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/u)
      }),
    )
  })

  it('cuts what is long, and says how much more there is', () => {
    const text = Array.from({ length: 30 }, (_, line) => `line ${line}`).join('\n')
    const shown = renderEntry(entry({ kind: 'result', name: 'x', text, failed: false }), plain)
    expect(shown).toContain('line 5')
    expect(shown).not.toContain('line 6')
    expect(shown).toContain('… 24 more lines')
    expect(renderEntry(entry({ kind: 'message', text: 'y'.repeat(5000) }), plain)).toContain(
      '… 4600 more characters',
    )
  })

  it('shows what subagents do beside the line that they are on', () => {
    const of = entry({ kind: 'message', text: 'deep', subagent: 'task', at: '2026-01-02T03:04:05.000Z' })
    expect(renderEntry(of, plain)).toBe('  | 03:04:05 agent  deep\n')
  })

  it('has colours only where they are asked for', () => {
    const call = entry({ kind: 'call', name: 'Bash', arguments: { command: 'ls' } })
    expect(renderEntry(call, paint(true))).toContain('\u001b[')
    expect(renderEntry(call, plain)).toBe('call Bash  ls\n')
  })

  it('appears while the log grows, and ends with its totals', () => {
    const log = createPrettyLog({ format: null, colour: false })
    const time = '2026-01-02T03:04:05.678Z'
    const line = (event: object): Buffer => Buffer.from(`${time} out ${JSON.stringify(event)}\n`)
    expect(log.push(line({ type: 'thread.started', thread_id: 't' }))).toBe('')
    expect(
      log.push(line({ type: 'item.completed', item: { id: '1', type: 'agent_message', text: 'hello' } })),
    ).toBe('03:04:05 agent  hello\n')
    const command = {
      id: '2',
      type: 'command_execution',
      command: 'train',
      aggregated_output: 'loss',
      exit_code: 0,
    }
    expect(log.push(line({ type: 'item.started', item: command }))).toBe(
      '03:04:05 call command_execution  train\n',
    )
    expect(log.push(line({ type: 'item.completed', item: command }))).toBe('03:04:05 result  loss\n')
    log.push(
      line({
        type: 'turn.completed',
        usage: { input_tokens: 1234, cached_input_tokens: 4, output_tokens: 5 },
      }),
    )
    const end = log.end({ exitCode: 0 })
    expect(end).toContain('tokens     1,234 in (4 from the cache), 5 out\n')
    expect(end).toContain('calls      1, of which 0 without a result\n')
    expect(end).toContain('end        finished (completed)')
  })
})
