import { createByteSearch, type ByteSearch } from '../lib/byte-search.ts'
import { secretForms, uniqueForms } from '../lib/secret-forms.ts'

export interface CanaryForm {
  /** For people. */
  readonly name: string
  readonly bytes: Buffer
}

/** So much of a form is as certain as the whole: nothing holds it by accident, as long as all of the secret is random. */
const partBytes = 16

/**
 * How a canary may be written down, also URL-encoded. Forms are searched in parts, so that the line breaks of `base64` and
 * `xxd`, or a part of a leak, are seen too.
 */
export function canaryForms(canary: string): CanaryForm[] {
  const percent = Buffer.from(canary).toString('hex').replace(/../g, '%$&')
  const encoded = [encodeURIComponent(canary), percent, percent.toUpperCase()]
  const forms = [
    ...secretForms(canary),
    ...encoded.map((text) => ({ name: 'URL-encoded', bytes: Buffer.from(text) })),
  ]
  return uniqueForms(forms.flatMap(({ name, bytes }) => parts(bytes).map((part) => ({ name, bytes: part }))))
}

export function createCanarySearch(canary: string): {
  readonly forms: readonly CanaryForm[]
  readonly search: ByteSearch
} {
  const forms = canaryForms(canary)
  return { forms, search: createByteSearch(forms.map(({ bytes }) => bytes)) }
}

function parts(form: Buffer): Buffer[] {
  const count = Math.max(1, Math.floor(form.length / partBytes))
  const border = (index: number): number => Math.round((index * form.length) / count)
  return Array.from({ length: count }, (_, index) => form.subarray(border(index), border(index + 1)))
}
