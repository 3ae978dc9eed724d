export interface SecretForm {
  /** For people. */
  readonly name: string
  readonly bytes: Buffer
  /** Tools that write it break it into lines. */
  readonly broken: boolean
}

/**
 * How a secret may be written down whole: as it is, reversed, in UTF-16, hexadecimal and base64, wherever in the encoded
 * text it stands. What is compressed, encrypted or written in other ways is not among them.
 */
export function secretForms(secret: string): SecretForm[] {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  const encoded = (name: string, text: string): SecretForm => ({
    name,
    bytes: Buffer.from(text),
    broken: true,
  })
  return uniqueForms([
    { name: 'as it is', bytes, broken: false },
    { name: 'reversed', bytes: Buffer.from(bytes.toReversed()), broken: false },
    { name: 'in UTF-16', bytes: Buffer.from(secret, 'utf16le'), broken: false },
    encoded('hexadecimal', hex),
    encoded('hexadecimal', hex.toUpperCase()),
    ...(['base64', 'base64url'] as const).flatMap((alphabet) =>
      [0, 1, 2].map((offset) => encoded('in base64', base64At(bytes, offset, alphabet))),
    ),
  ])
}

/** The first of those with the same bytes. */
export function uniqueForms<T extends { readonly bytes: Buffer }>(forms: readonly T[]): T[] {
  return [...Map.groupBy(forms, ({ bytes }) => bytes.toString('latin1')).values()].flatMap(([first]) =>
    first === undefined ? [] : [first],
  )
}

/** The characters that do not depend on what stands before and after, `offset` bytes after a border of three (RFC 4648). */
function base64At(bytes: Buffer, offset: number, alphabet: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString(alphabet)
  return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
}
