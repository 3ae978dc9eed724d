import { createByteSearch, type ByteSearch } from '../lib/byte-search.ts'

export interface CanaryForm {
  /** For people. */
  readonly name: string
  readonly bytes: Buffer
}

/** So much of a form is as certain as the whole: nothing holds it by accident, as long as all of the secret is random. */
const partBytes = 16

/**
 * How a secret may be written down: as it is, reversed, in UTF-16, hexadecimal, URL-encoded and base64, wherever in the
 * encoded text it stands. Forms are searched in parts, so that the line breaks of `base64` and `xxd`, or a part of a leak,
 * are seen too. What is compressed, encrypted or written in other ways is not seen.
 */
export function canaryForms(canary: string): CanaryForm[] {
  const bytes = Buffer.from(canary)
  const hex = bytes.toString('hex')
  const percent = hex.replace(/../g, '%$&')
  const forms: [string, string | Buffer][] = [
    ['as it is', canary],
    ['reversed', Buffer.from(bytes.toReversed())],
    ['in UTF-16', Buffer.from(canary, 'utf16le')],
    ['hexadecimal', hex],
    ['hexadecimal', hex.toUpperCase()],
    ['URL-encoded', encodeURIComponent(canary)],
    ['URL-encoded', percent],
    ['URL-encoded', percent.toUpperCase()],
    ...[0, 1, 2].flatMap((offset): [string, string][] => [
      ['in base64', base64At(bytes, offset, 'base64')],
      ['in base64', base64At(bytes, offset, 'base64url')],
    ]),
  ]
  const known = new Set<string>()
  return forms.flatMap(([name, form]) =>
    parts(Buffer.from(form)).flatMap((part) => {
      const key = part.toString('latin1')
      if (known.has(key)) return []
      known.add(key)
      return [{ name, bytes: part }]
    }),
  )
}

export function createCanarySearch(canary: string): {
  readonly forms: readonly CanaryForm[]
  readonly search: ByteSearch
} {
  const forms = canaryForms(canary)
  return { forms, search: createByteSearch(forms.map(({ bytes }) => bytes)) }
}

/** The characters that do not depend on what stands before and after, `offset` bytes after a border of three (RFC 4648). */
function base64At(bytes: Buffer, offset: number, alphabet: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString(alphabet)
  return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
}

function parts(form: Buffer): Buffer[] {
  const count = Math.max(1, Math.floor(form.length / partBytes))
  const border = (index: number): number => Math.round((index * form.length) / count)
  return Array.from({ length: count }, (_, index) => form.subarray(border(index), border(index + 1)))
}
