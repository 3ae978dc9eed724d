import { expect, test } from 'vitest'
import { renderRepr } from '../../lib/python/repr.ts'
import { parseCallTarget } from './call-target.ts'

test.each([
  ['f()', 'f', '{}'],
  ['a.b.f(x=1, y=-2.5)', 'a.b.f', "{'x': 1, 'y': -2.5}"],
  ['f(a=[1,2.0,], b=(1,2), c=(3), d=(4,))', 'f', "{'a': [1, 2.0], 'b': [1, 2], 'c': 3, 'd': [4]}"],
  ['f(a=True,b=None, c={"k": [False]})', 'f', "{'a': True, 'b': None, 'c': {'k': [False]}}"],
  ['f(a="it\'s", b=\'x\\n\\u00e9\\q\' "y")', 'f', "{'a': \"it's\", 'b': 'x\\né\\\\qy'}"],
  ['f(a=1e3, b=1_000)', 'f', "{'a': 1000.0, 'b': 1000}"],
])('%s', (source, name, values) => {
  const target = parseCallTarget(source)
  expect(target.name).toBe(name)
  expect(renderRepr(target.arguments)).toBe(values)
})

test('tuples can be kept', () => {
  const { arguments: values } = parseCallTarget('f(a=(1, [(2,)]))', { tuples: 'kept' })
  expect(renderRepr(values)).toBe("{'a': (1, [(2,)])}")
})

test.each(['f', 'f(', 'f(1)', 'f(a=b)', 'f(a=1)(b=2)', 'f(a=1+1)', "f(a='x)", 'f(a=1 b=2)'])(
  'refuses %s',
  (source) => {
    expect(() => parseCallTarget(source)).toThrow(SyntaxError)
  },
)
