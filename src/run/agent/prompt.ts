import { readFile } from 'node:fs/promises'
import { BenchError } from '../../domain/error.ts'
import type { Limits } from '../../domain/sandbox.ts'
import { sha256 } from '../../lib/hash.ts'

/** What the agent is told; every path as it sees it. */
export interface PromptFacts {
  readonly model: string
  readonly benchmark: string
  readonly notes: string
  readonly budgetHours: number
  readonly gpus: number
  readonly limits: Limits
  readonly network: 'isolated' | 'open'
  readonly baseModel: string
  readonly workspace: string
}

export interface PromptTemplates {
  /** Of the first turn. */
  readonly template: string
  /** Of later ones. */
  readonly again: string
  /** Of both; part of every run's spec. */
  readonly hash: string
}

export async function readPromptTemplate(version: string): Promise<PromptTemplates> {
  try {
    const template = await readFile(new URL(`prompt/${version}.md`, import.meta.url), 'utf8')
    const again = await readFile(new URL(`prompt/${version}.again.md`, import.meta.url), 'utf8')
    return { template, again, hash: sha256(`${template}\n${again}`) }
  } catch (error) {
    throw new BenchError(`there is no prompt version "${version}"`, {
      code: 'prompt/unknown_version',
      kind: 'usage',
      remedy: 'Name one of the files in src/run/agent/prompt/ in the protocol.',
      cause: error,
    })
  }
}

export function renderPrompt(template: string, facts: PromptFacts): string {
  const values: Record<string, string> = {
    model: facts.model,
    benchmark: facts.benchmark,
    notes: facts.notes.trim(),
    budget: renderBudget(facts.budgetHours),
    hardware: renderHardware(facts),
    limits: renderLimits(facts.limits),
    network: facts.network === 'isolated' ? 'none' : 'open',
    baseModel: facts.baseModel,
    workspace: facts.workspace,
    evaluate: './evaluate',
    timer: './timer',
  }
  return fill(template, values)
}

/** What an agent that ended early is told. */
export function renderAgain(template: string, remainingMs: number): string {
  return fill(template, { remaining: renderBudget(Math.floor(remainingMs / 1000) / 3600) })
}

function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => {
    const value = values[key]
    if (value === undefined) throw new Error(`the prompt asks for an unknown fact: ${key}`)
    return value
  })
}

function renderBudget(hours: number): string {
  const seconds = Math.round(hours * 3600)
  const parts = [
    [Math.floor(seconds / 3600), 'hour'],
    [Math.floor((seconds % 3600) / 60), 'minute'],
    [seconds % 60, 'second'],
  ] as const
  const text = parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`)
  return text.join(' ')
}

function renderHardware({ gpus, limits }: PromptFacts): string {
  const parts = [
    ...(gpus > 0 ? [`${gpus} GPU${gpus === 1 ? '' : 's'}`] : []),
    ...(limits.cpus === undefined ? [] : [`${limits.cpus} CPU core${limits.cpus === 1 ? '' : 's'}`]),
  ]
  return parts.length === 0 ? '' : ` on ${parts.join(' and ')}`
}

function renderLimits(limits: Limits): string {
  const parts = [
    ...(limits.memoryGiB === undefined ? [] : [`${limits.memoryGiB} GiB of memory`]),
    ...(limits.diskGiB === undefined ? [] : [`${limits.diskGiB} GiB of disk`]),
    ...(limits.shmGiB === undefined ? [] : [`${limits.shmGiB} GiB in /dev/shm`]),
    ...(limits.pids === undefined ? [] : [`${limits.pids} processes and threads`]),
    ...(limits.outputMiB === undefined ? [] : [`${limits.outputMiB} MiB of output are kept`]),
  ]
  return parts.length === 0 ? '' : `- Limits: ${parts.join(', ')}. What exceeds them is stopped.\n`
}
