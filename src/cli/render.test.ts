import { expect, it } from 'vitest'
import { BenchError } from '../domain/error.ts'
import { exitCodeOf, renderError, usesColour } from './render.ts'

it('gives an operator the message, the remedy and the code', () => {
  const error = new BenchError('no disk', { code: 'disk/full', kind: 'environment', remedy: 'Buy one.' })
  expect(renderError(error, { colour: false })).toBe('error: no disk\nto fix: Buy one.\n(disk/full)')
  expect(exitCodeOf(error)).toBe(3)
})

it('shows the stack of a bug, and of what caused it', () => {
  const error = new Error('outer', { cause: new Error('inner') })
  const text = renderError(error, { colour: false })
  expect(text).toMatch(/^This is a bug in ptb\./)
  expect(text).toContain('Error: outer\n    at ')
  expect(text).toMatch(/\[cause\]: Error: inner\n +at /)
  expect(exitCodeOf(error)).toBe(70)
})

it('obeys nothing that a message quotes', () => {
  const error = new BenchError('agent said \u001b[2J\u0007 hi', { code: 'x', kind: 'usage' })
  expect(renderError(error, { colour: false })).toBe('error: agent said ␇ hi\n(x)')
})

it.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, { FORCE_COLOR: '1' }, true],
  [true, { FORCE_COLOR: '0' }, false],
  [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
])('with a terminal: %s and %j colours: %s', (isTTY, env, expected) => {
  expect(usesColour({ isTTY }, env)).toBe(expected)
})
