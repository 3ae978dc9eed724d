import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { resultSchema } from '../../src/domain/result.ts'
import { createOwnFolder } from '../fixtures/own-folder.ts'

it('a benchmark from `ptb new` is run as it stands, and read without its config afterwards', async () => {
  await using own = await createOwnFolder()
  await own.ptb(['new', 'benchmark', 'mine'])
  const tested = await own.run([process.execPath, '--test', 'benchmarks/mine/mine.test.ts'])
  expect(tested.code).toBe(0)

  const experiment = 'experiments/mine-benchmark.yaml'
  const ran = await own.ptb(['run', experiment, '--no-baselines'])
  expect(ran).toMatchObject({ code: 0 })
  const runs = join(own.path, 'results', 'mine-benchmark', 'runs')
  const [id = '', ...others] = await readdir(runs)
  expect(others).toEqual([])
  const result = resultSchema.parse(JSON.parse(await readFile(join(runs, id, 'result.json'), 'utf8')))
  expect(result.outcome.kind).toBe('scored')
  expect(result).toMatchObject({ benchmark: 'mine', protocol: 'mine-v1', ownScore: { items: 12, errors: 0 } })

  for (const name of ['ptb.config.ts', 'benchmarks', 'catalog', experiment])
    await rm(join(own.path, name), { recursive: true })
  const results = 'results/mine-benchmark'
  expect((await own.ptb(['leaderboard', results])).stdout).toMatch(/submits-base .*1 scored/)
  expect((await own.ptb(['status', results])).stdout).toContain('1 of 1 finished')
  expect(await own.ptb(['report', results, '--out', 'report.html'])).toMatchObject({ code: 0, stderr: '' })
  const page = await readFile(join(own.path, 'report.html'), 'utf8')
  expect(page).toContain('Rules of scoring for')
  expect(page).toContain('Left out: it may quote') // items of a user's own may be secret
})
