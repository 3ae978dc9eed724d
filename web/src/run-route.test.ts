import { expect, test } from 'vitest'
import { evidenceHref, logHref, parseRunRoute, runHref } from './run-route.ts'

test('an address leads back to what it was made of', () => {
  const id = 'a/b %2F é'
  expect(parseRunRoute(runHref(id))).toEqual({ runId: id, target: null })
  expect(parseRunRoute(evidenceHref(id, 0, 11))).toEqual({
    runId: id,
    target: { kind: 'evidence', finding: 0, piece: 11 },
  })
  expect(parseRunRoute(logHref(id, 42))).toEqual({ runId: id, target: { kind: 'log', line: 42 } })
})

test('an address that says nothing names the run alone, or nothing', () => {
  for (const tail of ['log/0', 'log/x', 'evidence/1', 'evidence/0.1', 'other/1', 'log/99999999999'])
    expect(parseRunRoute(`#run/r/${tail}`)).toEqual({ runId: 'r', target: null })
  expect(parseRunRoute('#runs')).toBeNull()
  expect(parseRunRoute('#run/%E0%A4%A')?.runId).toBe('%E0%A4%A')
})
