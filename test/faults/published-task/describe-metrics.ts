import { describe, expect, it } from 'vitest'
import { createPublishedBench } from './bench.ts'

/** What a program leaves as its metrics, and what is said about it. */
export const badMetrics: Readonly<Record<string, RegExp>> = {
  nothing: /exit code 1, and there is no metrics\.json; its last words: Traceback: it does not load$/,
  link: /no metrics\.json/,
  'link to itself': /no metrics\.json/,
  pipe: /no metrics\.json/,
  folder: /no metrics\.json/,
  huge: /larger than/,
  sparse: /larger than/,
  deep: /nested deeper/,
  twice: /given twice/,
  'no object': /expected object/,
  text: /expected number/,
  'no utf-8': /not valid UTF-8/,
  NaN: /cannot be used/,
  Infinity: /cannot be used/,
  '-Infinity': /cannot be used/,
  '7': /Too big/,
  '-0.1': /Too small/,
  '1e999': /cannot be used/,
  true: /expected number/,
}

export function describeBadMetrics(names: readonly string[]): void {
  describe('published tasks: metrics that are none', { concurrent: true, timeout: 120_000 }, () => {
    it.each(names)('%s', async (name) => {
      await using bench = await createPublishedBench()
      const end = await bench.evaluate({ model: name })
      expect(end).toMatchObject({ metrics: null, reason: 'no_model/evaluation_failed' })
      expect(end.detail.replace('; the base model was given a score', '')).toMatch(badMetrics[name] ?? /^$/)
      expect(end.files).not.toContain('program')
    })
  })
}
