import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPlanFixture, type PlanFixture } from '../../../test/fixtures/plan-fixture.ts'
import { planWallHours } from './plan.ts'

let root = ''
let fixture: PlanFixture
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ptb-plan-'))
  fixture = await createPlanFixture(join(root, 'here'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

describe('a plan', () => {
  it('has a run per agent, base model, benchmark and repeat, and each with its own id and seed', async () => {
    const plan = await fixture.plan({ repeats: 2 })
    expect(
      plan.runs.map(({ spec, repeat }) => [spec.agent.name, spec.benchmark.id, repeat, spec.seed]),
    ).toEqual([
      ['weak', 'sums', 1, 7],
      ['weak', 'sums', 2, 8],
      ['weak', 'words', 1, 7],
      ['weak', 'words', 2, 8],
    ])
    expect(new Set(plan.runs.map(({ id }) => id)).size).toBe(4)
  })

  it('has the baselines of each base model and benchmark, one for every sibling', async () => {
    const { baselines } = await fixture.plan({ benchmarks: ['sums'] })
    expect(baselines.map(({ spec }) => [spec.kind, spec.model.id, spec.baseModel.id, spec.fewShot])).toEqual([
      ['base_zero_shot', 'tiny', 'tiny', 0],
      ['base_few_shot', 'tiny', 'tiny', 3],
      ['instruct', 'tiny-instruct', 'tiny', 0],
    ])
  })

  it('is the same wherever the files lie', async () => {
    await cp(join(root, 'here'), join(root, 'there'), { recursive: true })
    const [here, there] = [
      await fixture.plan({}),
      await (await createPlanFixture(join(root, 'there'))).plan({}),
    ]
    expect(there.runs.map(({ id, specHash }) => [id, specHash])).toEqual(
      here.runs.map(({ id, specHash }) => [id, specHash]),
    )
    expect(there.baselines.map(({ id }) => id)).toEqual(here.baselines.map(({ id }) => id))
    expect(there.runs[0]?.spec.agent.path).not.toBe(here.runs[0]?.spec.agent.path)
  })

  it.each<readonly [what: string, change: (fixture: PlanFixture) => Promise<void>]>([
    ["an agent's file", ({ agent }) => writeFile(join(agent, 'solve.sh'), 'exit 1\n')],
    ["an agent's permissions", ({ agent }) => chmod(join(agent, 'solve.sh'), 0o744)],
    ['a base model', ({ models }) => writeFile(join(models, 'tiny', 'config.json'), '{"changed": true}')],
    ['the protocol', (fixture) => fixture.setProtocol({ chatTemplate: 'own' })],
  ])('has another spec hash under the same id when %s changes', async (_, apply) => {
    const [before] = (await fixture.plan({})).runs
    await apply(fixture)
    const [after] = (await fixture.plan({})).runs
    expect(after?.id).toBe(before?.id)
    expect(after?.specHash).not.toBe(before?.specHash)
  })

  it('gives other ids to other cells', async () => {
    const ids = await Promise.all(
      [{}, { budget: { minutes: 9, gpus: 0 } }, { name: 'second' }].map(
        async (change) => (await fixture.plan(change)).runs[0]?.id,
      ),
    )
    expect(new Set(ids).size).toBe(3)
  })

  it('bounds the wall time by the slots, and by the longest run', async () => {
    const plan = await fixture.plan({
      repeats: 4,
      budget: { hours: 2, gpus: 0 },
      scheduler: { kind: 'local', slots: 4 },
    })
    expect(planWallHours(plan)).toBe(4)
    expect(planWallHours({ ...plan, slots: 100 })).toBe(2)
  })

  it('refuses an instruct model as a base model and names those that there are', async () => {
    await expect(fixture.plan({ baseModels: ['tiny-instruct'] })).rejects.toMatchObject({
      code: 'experiment/not_a_base_model',
      remedy: 'Base models: tiny.',
    })
  })
})

describe("an agent's folder", () => {
  it('takes in what its manifest includes, under its base name', async () => {
    await mkdir(join(root, 'here', 'agents', 'shared'))
    await writeFile(join(root, 'here', 'agents', 'shared', 'train.py'), 'pass\n')
    await writeFile(join(fixture.agent, 'agent.yaml'), 'include: [../shared]\n')
    const [run] = (await fixture.plan({})).runs
    expect(run?.spec.agent.files.map(({ path }) => path)).toEqual([
      'agent.yaml',
      'shared/train.py',
      'solve.sh',
    ])
  })

  it.each([
    ['include: [../nowhere]\n', 'the included ../nowhere does not exist'],
    ['includes: []\n', 'includes'],
    ['include: [', 'Flow sequence'],
  ])('refuses the manifest %j', async (manifest, message) => {
    await writeFile(join(fixture.agent, 'agent.yaml'), manifest)
    await expect(fixture.plan({})).rejects.toMatchObject({ code: 'agent/bad_manifest' })
    await expect(fixture.plan({})).rejects.toThrow(message)
  })
})
