import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/checkpoint.ts'
import { detectAll, emptySeal, writeEvidence } from '../../../test/fixtures/sealed-evidence.ts'
import { forbiddenFiles } from './forbidden-files.ts'

test('reports what the seal left out, by kind', async () => {
  await using folder = await temporaryFolder()
  const leftOut = ['a.bin:pickle', 'b.pt:pickle', 'x.py:code', 'l:link', 'notes:not_needed', 's:superseded']
  const seal = {
    ...emptySeal,
    leftOut: leftOut.map((text) => ({
      path: text.split(':')[0] ?? '',
      why: text.split(':')[1] ?? '',
      bytes: 1,
    })),
    refused: { reason: 'no_model/remote_code', detail: 'config.json has auto_map', path: 'config.json' },
  }
  const findings = await detectAll(forbiddenFiles, await writeEvidence(folder.path, {}, { seal }))
  expect(findings.map(({ kind, measure }) => [kind, measure])).toEqual([
    ['pickled_weights', 2],
    ['code', 1],
    ['links', 1],
    ['remote_code', 1],
  ])
  expect(findings[0]?.evidence[0]?.file).toBe('final_model/a.bin')
})
