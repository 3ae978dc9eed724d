import { expect, test } from 'vitest'
import { renderCsv } from './csv.ts'

test('quotes what needs it and disarms formulas', () => {
  const rows = [
    ['a, "b"', 1.5, null],
    ['=HYPERLINK("https://evil.example")', -2, '-1+1'],
  ]
  expect(renderCsv({ columns: ['name', 'value', 'note'], rows })).toBe(
    'name,value,note\r\n"a, ""b""",1.5,\r\n"\'=HYPERLINK(""https://evil.example"")",-2,\'-1+1\r\n',
  )
})
