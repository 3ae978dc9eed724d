import * as fc from 'fast-check'

/** Any UTF-16 text, halves of surrogate pairs included; much cheaper to set up than fast-check's `binary` unit. */
export const anyText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.nat(0xffff), fc.nat(0x7f)), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units))
