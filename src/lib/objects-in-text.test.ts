import { describe, expect, it } from 'vitest'
import { findObjects } from './objects-in-text.ts'

const find = (line: string): unknown[] =>
  findObjects(line, (object) => 'type' in object).map(({ text, object }) => object ?? text)

describe('objects in a line', () => {
  it('are found between text, and one behind the other', () => {
    expect(find('a {"type":"}"} b{"type":2}{"type":{"x":3}}')).toEqual([
      'a ',
      { type: '}' },
      ' b',
      { type: 2 },
      { type: { x: 3 } },
    ])
  })

  it('are found behind one that was cut', () => {
    expect(find('{"type":"x","text":"abc {"type":"y"}')).toEqual(['{"type":"x","text":"abc ', { type: 'y' }])
  })

  it('are whole ones of a kind that is known: what lies within one that was cut is none', () => {
    expect(find('{"type":"x","item":{"id":1}')).toEqual(['{"type":"x","item":{"id":1}'])
    expect(find('just {"text"')).toEqual(['just {"text"'])
  })

  it('cost no more in a line that is made to cost much', () => {
    const line = '{"'.repeat(200_000)
    expect(find(line)).toEqual([line])
  })
})
