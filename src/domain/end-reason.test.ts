import { describe, expect, it } from 'vitest'
import { classifyEnd, type EndFacts } from './end-reason.ts'

const cut: EndFacts = {
  settlement: null,
  errors: [],
  texts: [],
  lastMessage: '',
  calls: 3,
  unpaired: 1,
  background: 0,
  exit: {},
}
const finished: EndFacts = { ...cut, settlement: { ok: true }, unpaired: 0 }

describe('why a run ended', () => {
  it.each([
    ['the deadline', { ...cut, exit: { stopped: 'deadline', exitCode: 0 } }, 'killed'],
    ['the deadline after its last word', { ...finished, exit: { stopped: 'deadline' } }, 'killed'],
    ['a signal', { ...cut, exit: { signal: 'SIGKILL' } }, 'killed'],
    ['the status of a signal', { ...cut, exit: { exitCode: 143 } }, 'killed'],
    ['timeout(1)', { ...cut, exit: { exitCode: 124 } }, 'killed'],
    ['its own success, though a signal came', { ...finished, exit: { signal: 'SIGTERM' } }, 'finished'],
    ['a status of 0 without a last word', { ...cut, exit: { exitCode: 0 } }, 'killed'],
    ['a status of 1 without a word', { ...cut, exit: { exitCode: 1 } }, 'crash'],
    [
      'the shell that saw it killed',
      { ...cut, texts: ['x.sh: line 3:  77 Killed                  claude'] },
      'killed',
    ],
    ['nobody knows', cut, 'killed'],
    ['what it left', { ...finished, exit: { exitCode: 0, leftOver: 2 } }, 'background'],
    ['what it seemed to leave', { ...finished, background: 1 }, 'background'],
    [
      'nothing: all it started is proven gone',
      { ...finished, background: 1, exit: { leftOver: 0 } },
      'finished',
    ],
    [
      'words on standard error',
      { ...cut, calls: 0, texts: ['Invalid API key'], exit: { exitCode: 1 } },
      'auth',
    ],
    ['the status that Gemini CLI has for it', { ...cut, exit: { exitCode: 41 } }, 'auth'],
    ['a warning that says nothing', { ...cut, calls: 0, texts: ['rate limit headers missing'] }, 'killed'],
    ['retries that never ended', { ...cut, errors: ['Reconnecting... waiting for network'] }, 'crash'],
  ] satisfies [string, EndFacts, string][])('is %s', (_, facts, reason) => {
    expect(classifyEnd(facts)).toMatchObject({ reason })
  })

  it('names the last error of a run that was stopped', () => {
    const { detail } = classifyEnd({ ...cut, errors: ['HTTP 500'], exit: { stopped: 'deadline' } })
    expect(detail).toBe('stopped at the deadline, with a tool call pending; last error: HTTP 500')
  })
})
