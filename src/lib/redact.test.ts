import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRedactor, minSecretBytes } from './redact.ts'
import { secretForms } from './secret-forms.ts'

const marker = '[redacted]'
const runs = { numRuns: 400 }

/** Also of what encodings treat in a special way. */
const secret = fc
  .oneof(
    fc.stringMatching(/^sk-[A-Za-z0-9_-]{8,40}$/),
    fc.string({ unit: 'binary', minLength: 8, maxLength: 30 }),
    fc.string({
      unit: fc.constantFrom('%', '\\', '"', '/', '+', '=', '\n', 'n', 'u', '4', '1', 'é', '😀'),
      minLength: 8,
      maxLength: 20,
    }),
  )
  .filter((text) => text.isWellFormed() && Buffer.byteLength(text) >= minSecretBytes)

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0')
const someCase = (text: string, upper: boolean): string => (upper ? text.toUpperCase() : text)

/** One character, escaped in one of the ways that are known. */
function escapeCharacter(character: string, how: number): string {
  const upper = how % 2 === 0
  switch (how % 7) {
    case 0:
      return [...Buffer.from(character)].map((byte) => `%${someCase(hex(byte, 2), upper)}`).join('')
    case 1:
    case 2:
      return Array.from(
        { length: character.length },
        (_, at) => `${'\\'.repeat(how % 7)}u${someCase(hex(character.charCodeAt(at), 4), upper)}`,
      ).join('')
    case 3:
      return JSON.stringify(character).slice(1, -1)
    case 4:
      return JSON.stringify(JSON.stringify(character)).slice(3, -3)
    case 5:
      return character === '/' ? '\\/' : character === ' ' ? '+' : character
    default:
      return character
  }
}

const encoders: Readonly<Record<string, (text: string, before: Buffer, after: Buffer) => string>> = {
  plain: (text) => text,
  reversed: (text) => Buffer.from(Buffer.from(text).toReversed()).toString('latin1'),
  hex: (text) => Buffer.from(text).toString('hex'),
  HEX: (text) => Buffer.from(text).toString('hex').toUpperCase(),
  base64: (text, before, after) => Buffer.concat([before, Buffer.from(text), after]).toString('base64'),
  base64url: (text, before, after) => Buffer.concat([before, Buffer.from(text), after]).toString('base64url'),
  'base64 in lines': (text, before, after) =>
    Buffer.concat([before, Buffer.from(text), after])
      .toString('base64')
      .replaceAll(/.{7}/g, '$&\r\n'),
  URL: (text) => encodeURIComponent(text),
  form: (text) => new URLSearchParams({ key: text }).toString(),
  JSON: (text) => JSON.stringify({ key: text }),
  'JSON in JSON': (text) => JSON.stringify(JSON.stringify({ key: text })),
  'JSON in JSON in JSON': (text) => JSON.stringify(JSON.stringify(JSON.stringify({ key: text }))),
}

function inChunks(bytes: Buffer, cuts: readonly number[], redactor = createRedactor([])): Buffer {
  const stream = redactor.stream()
  const parts: Buffer[] = []
  let at = 0
  for (const length of cuts) {
    parts.push(stream.push(bytes.subarray(at, at + length)))
    at += length
  }
  return Buffer.concat([...parts, stream.push(bytes.subarray(at)), stream.end()])
}

/** Every form whole, in bytes. */
function leaks(output: Buffer, hidden: string): string[] {
  return secretForms(hidden)
    .filter(({ bytes }) => output.includes(bytes))
    .map(({ name }) => name)
}

describe('a secret', () => {
  test.each(Object.entries(encoders))('is hidden in every form and chunking: %s', (_, encode) => {
    const padding = fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(
        secret,
        padding,
        padding,
        fc.array(fc.nat(12), { maxLength: 40 }),
        (hidden, before, after, cuts) => {
          const encoded = Buffer.from(
            encode(hidden, before, after),
            encode === encoders['reversed'] ? 'latin1' : 'utf8',
          )
          const text = Buffer.concat([Buffer.from('the key: '), encoded, Buffer.from(' and more')])
          const output = inChunks(text, cuts, createRedactor([hidden]))
          expect(leaks(output, hidden)).toEqual([])
          expect(output.toString('latin1')).toContain(marker)
          expect(output.toString('latin1')).toMatch(/^the key: [\s\S]* and more$/u)
        },
      ),
      runs,
    )
  })

  test('is hidden however its characters are escaped, each in its own way', () => {
    fc.assert(
      fc.property(
        secret,
        fc.array(fc.nat(27), { minLength: 1, maxLength: 40 }),
        fc.constantFrom(...secretForms('sk-12345678').map((_, index) => index)),
        (hidden, hows, which) => {
          const form = secretForms(hidden)[which]?.bytes.toString('utf8') ?? hidden
          // what is no UTF-8 is escaped by nobody
          fc.pre(!form.includes('\uFFFD'))
          const escaped = Array.from(form, (one, index) =>
            escapeCharacter(one, hows[index % hows.length] ?? 0),
          ).join('')
          expect(createRedactor([hidden]).redact(`<${escaped}>`)).toBe(
            `<${marker}${'\n'.repeat(escaped.split('\n').length - 1)}>`,
          )
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('leaves JSON that can be read', () => {
    const redactor = createRedactor(['pass"word\\with/all\n'])
    const inner = JSON.stringify({ key: 'pass"word\\with/all\n', other: 'x' })
    expect(JSON.parse(redactor.redact(inner))).toEqual({ key: marker, other: 'x' })
    const outer: { line: string } = JSON.parse(redactor.redact(JSON.stringify({ line: inner })))
    expect(JSON.parse(outer.line)).toEqual({ key: marker, other: 'x' })
  })

  test('is hidden beside others: the longest of those that begin at one place', () => {
    const redactor = createRedactor(['abcdefgh', 'abcdefghijkl', 'ijklmnop'])
    expect(redactor.redact('abcdefghijklmnop abcdefgh')).toBe(`${marker}mnop ${marker}`)
  })

  test('with line breaks leaves them', () => {
    expect(createRedactor(['-----BEGIN\nabc\nEND-----']).redact('1\n-----BEGIN\nabc\nEND-----\n4')).toBe(
      `1\n${marker}\n\n\n4`,
    )
  })

  test('of no or too little text matches nothing', () => {
    expect(createRedactor([]).redact('text')).toBe('text')
    expect(createRedactor(['', '']).redact('text with "" and \\u0000')).toBe('text with "" and \\u0000')
    expect(() => createRedactor(['1234567'])).toThrow(RangeError)
    expect(createRedactor(['12345678']).redact('1234567 12345678')).toBe(`1234567 ${marker}`)
  })
})

describe('text without the secret', () => {
  const hidden = 'sk-"é\\%/ +8d1f0c'
  const forms = secretForms(hidden).map(({ bytes }) => bytes)
  /** Beginnings of forms, and whatever escapes are made of. */
  const nearly = fc
    .array(
      fc.oneof(
        fc
          .nat(forms.length - 1)
          .chain((index) =>
            fc
              .nat((forms[index]?.length ?? 1) - 1)
              .map((length) => forms[index]?.subarray(0, length) ?? Buffer.alloc(0)),
          ),
        fc
          .constantFrom('\\', '%', '\\u00', '%7', '\\n', '\r\n', '\\\\\\', '\ud800')
          .map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
      ),
      { maxLength: 12 },
    )
    // separated, for two halves would make a whole
    .map((parts) => Buffer.concat(parts.flatMap((part) => [part, Buffer.from('|')])))

  test('is unchanged byte for byte, however it is cut', () => {
    fc.assert(
      fc.property(nearly, fc.array(fc.nat(9)), (bytes, cuts) => {
        expect(inChunks(bytes, cuts, createRedactor([hidden]))).toEqual(bytes)
      }),
      { numRuns: 1000 },
    )
  })

  test('is not made well-formed either', () => {
    expect(createRedactor([hidden]).redact('\ud800')).toBe('\ud800')
  })

  test('is held back only where a secret may begin', () => {
    const stream = createRedactor([hidden]).stream()
    expect(stream.push(Buffer.from('a line\n> ')).toString()).toBe('a line\n> ')
    expect(stream.push(Buffer.from('s')).toString()).toBe('')
    expect(stream.push(Buffer.from('k-x')).toString()).toBe('sk-x')
  })
})

test('the same is hidden, wherever the text is cut', () => {
  const hidden = ['aab%a\\aab', 'abaababa']
  const unit = fc.constantFrom('a', 'b', '%', '\\', '25', 'u0061', '61', '\n')
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 60 }), fc.array(fc.nat(6)), (units, cuts) => {
      const redactor = createRedactor(hidden)
      const text = units.join('')
      expect(inChunks(Buffer.from(text), cuts, redactor).toString()).toBe(redactor.redact(text))
    }),
    { numRuns: 2000 },
  )
})
