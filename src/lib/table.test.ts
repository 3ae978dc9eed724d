import { styleText } from 'node:util'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { displayWidth, renderTable } from './table.ts'

const columns = [{ title: 'agent' }, { title: 'score', align: 'right' }, { title: 'notes' }] as const

test('pads columns, and puts numbers to the right', () => {
  expect(
    renderTable(columns, [
      ['weak', '0.5', ''],
      ['very strong', '12.25', 'best'],
    ]),
  ).toBe(['agent        score  notes', 'weak           0.5', 'very strong  12.25  best'].join('\n'))
})

test('wide, combining and emoji characters keep the columns straight', () => {
  expect(['世界', 'e\u0301', '👩‍🚀', 'ｆｕ', 'Grüße'].map(displayWidth)).toEqual([4, 1, 2, 4, 5])
  const lines = renderTable(columns, [
    ['世界', '1', 'x'],
    ['abcd', '2', 'x'],
  ]).split('\n')
  expect(new Set(lines.slice(1).map(displayWidth)).size).toBe(1)
})

test('colour adds no width', () => {
  const red = (text: string) => styleText('red', text, { validateStream: false })
  const rendered = renderTable(columns, [
    [{ text: 'weak', style: red }, '1', 'x'],
    ['strong', '2', 'x'],
  ])
  expect(rendered).toContain('\u001b[31mweak\u001b[39m  ')
  expect(rendered.replaceAll(/\u001b\[\d+m/gu, '')).toBe(
    'agent   score  notes\nweak        1  x\nstrong      2  x',
  )
})

test('hostile cells stay one inert cell each', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), (names) => {
      const rendered = renderTable(
        columns,
        names.map((name) => [name, '1', 'end']),
      )
      expect(rendered.split('\n')).toHaveLength(names.length + 1)
      expect(rendered).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/u)
    }),
  )
})
