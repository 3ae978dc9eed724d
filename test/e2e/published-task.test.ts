import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { evaluationMetricsSchema } from '../../src/domain/evaluation.ts'
import { resultSchema, type RunResult } from '../../src/domain/result.ts'
import { readPythonEnvironment } from '../../src/setup/python.ts'
import { createOwnFolder } from '../fixtures/own-folder.ts'

/** Beside what `ptb new` writes. */
const files = {
  'sums.yaml': `name: sums
protocol: nano-sums-v1
baseModels: [nano-base]
agents:
  looks: { path: ./looks }
  edits: { path: ./edits }
budget: { minutes: 5 }
limits: { cpus: 1 }
graceSeconds: 3
scheduler: { slots: 1 }
`,
  'looks/solve.sh': `set -eu
cp -r "$BASE_MODEL" final_model
cat examples.md
./evaluate --model final_model --limit 2 --json-output-file mine.json
cat mine.json
`,
  'edits/solve.sh': `set -eu
cp -r "$BASE_MODEL" final_model
echo 'raise SystemExit(1)' > evaluate.py
`,
}

it('a task in the published format, as `ptb new` writes it, is run as it is', async (context) => {
  if ((await readPythonEnvironment()) === null)
    return context.skip('the Python environment has not been set up: run `ptb setup`')
  await using own = await createOwnFolder()
  await own.ptb(['new', 'benchmark', 'nano-sums', '--published'])
  await own.write(files)

  const checked = await own.ptb(['check'])
  expect(checked.stdout).toContain('ok     gives nano-base a score on 2 items, alone in a sandbox')
  expect(await own.ptb(['run', 'sums.yaml'])).toMatchObject({ code: 0 })

  const results = join(own.path, 'results/sums')
  const runs = new Map<string, RunResult & { path: string }>()
  for (const id of await readdir(join(results, 'runs'))) {
    const path = join(results, 'runs', id)
    const result = resultSchema.parse(JSON.parse(await readFile(join(path, 'result.json'), 'utf8')))
    runs.set(result.agent, { ...result, path })
  }
  const [looks, edits] = [runs.get('looks'), runs.get('edits')]
  expect(looks).toMatchObject({
    outcome: { kind: 'scored' },
    ownScore: { items: 0, accuracy: 0.5, details: { n_examples: 4 } },
    shadowScore: null,
  })
  expect(edits).toMatchObject({
    outcome: { reason: 'flagged/changed_evaluation' },
    ownScore: { accuracy: 0.5 },
  })
  const log = await readFile(join(looks?.path ?? '', 'attempts/1/agent.log'), 'utf8')
  expect(log).toContain('Sums of small numbers')
  expect(log).toContain('"n_examples": 2')
  const metrics: unknown = JSON.parse(
    await readFile(join(looks?.path ?? '', 'evaluations/nano-sums-v1-1/metrics.json'), 'utf8'),
  )
  expect(evaluationMetricsSchema.parse(metrics)).toMatchObject({ maxTokens: 4, program: { stderr: 'told' } })
  expect(await readdir(join(results, 'baselines'))).toHaveLength(2) // nobody can show it examples

  for (const command of ['status', 'leaderboard', 'triage'])
    expect(await own.ptb([command, results])).toMatchObject({ code: 0, stderr: '' })
  expect(await own.ptb(['report', results, '--out', 'report.html'])).toMatchObject({ code: 0, stderr: '' })
  expect((await own.ptb(['compare', looks?.path ?? '', edits?.path ?? ''])).stdout).toContain(
    'no item scores',
  )

  await writeFile(join(own.path, 'tasks/nano-sums/benchmark.txt'), 'Other sums\n')
  const again = await own.ptb(['run', 'sums.yaml'])
  expect(again.code).not.toBe(0)
  expect(again.stderr).toContain('itemsHash')
})
