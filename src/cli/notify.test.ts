import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { experimentSchema } from '../domain/experiment.ts'
import type { Outcome } from '../domain/outcome.ts'
import { readNotifyFile } from '../run/notify.ts'
import { createNotifier } from './notify.ts'

const failed: Outcome = { kind: 'infra_failure', reason: 'infra_failure/disk', detail: 'full' }

test('the end of an experiment is told once, also by the next `ptb run` after one that was interrupted', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'ptb-notifier-'))
  const results = join(folder.path, 'results')
  await mkdir(results)
  await writeFile(join(folder.path, 'tell me.sh'), '#!/bin/sh\ncat >> "$(dirname "$0")/told"\n', {
    mode: 0o755,
  })
  const experiment = experimentSchema.parse({
    name: 'synthetic',
    protocol: 'nano-v1',
    baseModels: ['nano-base'],
    agents: { a: { path: 'agent' } },
    budget: { minutes: 1 },
    notify: { command: ['./tell me.sh'] },
  })
  const failures: string[] = []
  const start = () =>
    createNotifier({
      path: results,
      experiment,
      resolvePath: (path) => join(folder.path, path),
      say: (line) => failures.push(line),
    })
  const item = { kind: 'run', id: 'r', path: join(results, 'r') } as const
  const finished = { status: 'finished', outcome: failed } as const
  const interrupted = await start()
  interrupted.change(item, { status: 'running', phase: 'solve', attempt: 1 })
  await expect.poll(async () => (await readNotifyFile(results))?.endPending).toBe(true)
  // the next one finds everything finished, and so does the one after it
  for (let round = 0; round < 2; round++) {
    const next = await start()
    next.change(item, finished)
    await next.end([finished, { status: 'stuck', log: '' }])
  }
  expect(failures).toEqual([])
  const told = await readFile(join(folder.path, 'told'), 'utf8')
  expect(told.trimEnd().split('\n')).toHaveLength(1)
  expect(JSON.parse(told)).toMatchObject({
    event: 'experiment_finished',
    run: null,
    counts: { total: 2, finished: 1, failed: 1, stuck: 1 },
  })
})
