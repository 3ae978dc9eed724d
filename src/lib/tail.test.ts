import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createTail } from './tail.ts'

it('is the end of what was written, however it was cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{0,30}$/)),
      fc.integer({ min: 1, max: 40 }),
      (parts, cap) => {
        const tail = createTail(cap)
        for (const part of parts) tail.write(Buffer.from(part))
        expect(tail.text()).toBe(parts.join('').slice(-cap))
      },
    ),
  )
})
