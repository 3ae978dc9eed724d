import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createPlanFixture, type PlanFixture } from '../../../test/fixtures/plan-fixture.ts'
import { runFileSchema } from '../../domain/run-spec.ts'
import { openJournal } from '../journal.ts'
import { runLayout } from '../layout.ts'
import { lockExperiment, readLock, runPath } from './lock.ts'
import type { Plan } from './plan.ts'

let root = ''
let path = ''
let fixture: PlanFixture
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ptb-lock-'))
  path = join(root, 'results', 'first')
  fixture = await createPlanFixture(join(root, 'here'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

function lock(plan: Plan): ReturnType<typeof lockExperiment> {
  return lockExperiment({ plan, path, source: 'name: first\n', harnessVersion: '1.2.3' })
}

async function start(id: string): Promise<void> {
  using journal = await openJournal(runPath(path, id))
  journal.append({ type: 'attempt', attempt: 1, why: 'first' })
}

async function readRun(id: string): Promise<ReturnType<typeof runFileSchema.parse>> {
  return runFileSchema.parse(JSON.parse(await readFile(runLayout(runPath(path, id)).runFile, 'utf8')))
}

it('freezes runs and baselines, and makes their folders', async () => {
  const plan = await fixture.plan({})
  const { runs, baselines } = await lock(plan)
  expect(runs.map(({ id }) => id)).toEqual(plan.runs.map(({ id }) => id))
  expect(baselines).toHaveLength(6)
  const [first] = plan.runs
  expect(await readRun(first?.id ?? '')).toMatchObject({
    spec: first?.spec,
    experiment: 'first',
    harnessVersion: '1.2.3',
  })
  expect(await readFile(join(path, 'experiment.yaml'), 'utf8')).toBe('name: first\n')
})

it('appends what is new, keeps what is no longer asked for, and schedules only what is', async () => {
  await lock(await fixture.plan({ benchmarks: ['sums'] }))
  const { runs } = await lock(await fixture.plan({ benchmarks: ['words'], repeats: 2 }))
  expect(runs).toHaveLength(2)
  const entries = (await readLock(path))?.runs ?? []
  expect(entries.map(({ spec, repeat }) => [spec.benchmark.id, repeat])).toEqual([
    ['sums', 1],
    ['words', 1],
    ['words', 2],
  ])
})

it('changes nothing when it is locked again', async () => {
  const plan = await fixture.plan({})
  await lock(plan)
  const before = await readLock(path)
  await lock(plan)
  expect(await readLock(path)).toEqual(before)
})

it('replaces a run that has not been started', async () => {
  const [run] = (await lock(await fixture.plan({}))).runs
  await writeFile(join(fixture.agent, 'solve.sh'), 'exit 1\n')
  const plan = await fixture.plan({})
  await lock(plan)
  expect((await readRun(run?.id ?? '')).spec).toEqual(plan.runs[0]?.spec)
})

it('refuses to change a run that has been started, shows the fields and writes nothing', async () => {
  const [run] = (await lock(await fixture.plan({}))).runs
  await start(run?.id ?? '')
  const before = await readFile(join(path, 'experiment.lock.json'), 'utf8')
  const error: unknown = await lock(
    await fixture.plan({ graceSeconds: 20, sandbox: 'auto', limits: { cpus: 2 } }),
  ).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'lock/spec_changed', exitCode: 2 })
  expect(String(error)).toContain('  graceSeconds: 10 -> 20')
  expect(String(error)).toContain('  limits.cpus: (absent) -> 2')
  expect(await readFile(join(path, 'experiment.lock.json'), 'utf8')).toBe(before)
})

it('goes on with started runs after everything has been moved, and finds the rest at its new place', async () => {
  const plan = await fixture.plan({})
  const [started, waiting] = plan.runs
  await lock(plan)
  await start(started?.id ?? '')
  await cp(join(root, 'here'), join(root, 'there'), { recursive: true })
  await lock(await (await createPlanFixture(join(root, 'there'))).plan({}))
  expect((await readRun(started?.id ?? '')).spec.agent.path).toBe(join(root, 'here', 'agents', 'weak'))
  expect((await readRun(waiting?.id ?? '')).spec.agent.path).toBe(join(root, 'there', 'agents', 'weak'))
})

it('loses nothing when two lock at once', async () => {
  const plans = await Promise.all(['sums', 'words'].map((id) => fixture.plan({ benchmarks: [id] })))
  await Promise.all(plans.map(lock))
  expect((await readLock(path))?.runs).toHaveLength(2)
})

it('says which program can read a lock that it cannot', async () => {
  await lock(await fixture.plan({}))
  await writeFile(join(path, 'experiment.lock.json'), '{"schemaVersion": 2}')
  await expect(readLock(path)).rejects.toMatchObject({ code: 'lock/invalid', exitCode: 2 })
})
