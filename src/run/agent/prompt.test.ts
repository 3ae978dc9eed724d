import { expect, it } from 'vitest'
import { golden } from '../../../test/golden.ts'
import { nanoArith } from '../../benchmarks/nano-arith/index.ts'
import { readPromptTemplate, renderPrompt, type PromptFacts } from './prompt.ts'

const facts: PromptFacts = {
  model: 'nano-base',
  benchmark: nanoArith.title,
  notes: nanoArith.agentNotes,
  budgetHours: 10,
  gpus: 1,
  limits: { cpus: 16, memoryGiB: 128, diskGiB: 400 },
  network: 'open',
  baseModel: '/models/base',
  workspace: '/home/agent',
}

it('tells an agent everything that it needs and every rule', async () => {
  const { template } = await readPromptTemplate('v1')
  const gpu = renderPrompt(template, facts)
  expect(gpu).toBe(await golden(gpu, 'prompt/expected/v1-gpu.md'))
  const cpuFacts = { budgetHours: 1 / 40, gpus: 0, limits: { cpus: 1 }, network: 'isolated' } as const
  const cpu = renderPrompt(template, { ...facts, ...cpuFacts })
  expect(cpu).toBe(await golden(cpu, 'prompt/expected/v1-cpu.md'))
})

it.each([
  [10, '10 hours'],
  [1, '1 hour'],
  [1.5, '1 hour 30 minutes'],
  [2 / 60, '2 minutes'],
  [90 / 3600, '1 minute 30 seconds'],
])('says a budget of %d hours as %s', async (budgetHours, text) => {
  const { template } = await readPromptTemplate('v1')
  expect(renderPrompt(template, { ...facts, budgetHours })).toContain(`You have **${text}**`)
})

it('inserts notes as they are, whatever is in them', () => {
  expect(renderPrompt('{{notes}}', { ...facts, notes: 'price $& {{model}} $1' })).toBe(
    'price $& {{model}} $1',
  )
})

it('names the remedy for an unknown version', async () => {
  await expect(readPromptTemplate('v99')).rejects.toThrow('there is no prompt version "v99"')
})
