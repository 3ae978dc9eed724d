import { basename, resolve } from 'node:path'
import type { Benchmark } from '../../domain/benchmark.ts'
import { BenchError } from '../../domain/error.ts'
import type { PublishedTask } from '../../domain/published-task.ts'
import { contextFiles } from './provide-task.ts'
import { readTaskFolder } from './task-folder.ts'

/** As in the published system, for one try. */
const defaultTimeoutHours = 8

/** The benchmark that a task of the published format is, found from the folder of the config that names it. */
export async function openPublishedTask(task: PublishedTask, configFolder: string): Promise<Benchmark> {
  const path = resolve(configFolder, task.path)
  const folder = await readTaskFolder(path)
  const context = contextFiles(folder)
  return {
    id: task.id ?? idOf(path),
    title: folder.title,
    description: 'Measured by its own evaluate.py.',
    version: 1, // of the format: its content is known by the hash in the lock
    metric: 'accuracy',
    maxTokens: 1, // nothing is asked by us
    agentNotes: [describe(context.map(({ path: name }) => name)), task.agentNotes ?? ''].join('\n').trim(),
    load: () => Promise.resolve({ train: [], test: [], shadow: [] }),
    score: () => ({ value: 0, answer: null }),
    program: {
      path,
      timeoutHours: task.timeoutHours ?? defaultTimeoutHours,
      maxTokensOption: task.maxTokensOption,
    },
  }
}

function idOf(path: string): string {
  const id = basename(path).toLowerCase().replaceAll('_', '-')
  if (/^[a-z0-9][a-z0-9-]{0,63}$/.test(id)) return id
  throw new BenchError(`the folder ${path} has no name that could be an id`, {
    code: 'config/invalid_task',
    kind: 'usage',
    remedy: "Give the task one: publishedTask('…', { id: 'my-task' }).",
  })
}

function describe(context: readonly string[]): string {
  const names = context.slice(0, 20).map((name) => `\`${name}\``)
  const more = context.length > names.length ? `, and ${context.length - names.length} more` : ''
  return [
    'A program measures your checkpoint: `evaluate.py` in your workspace, where you can read what it asks and how it counts.',
    '`./evaluate` runs it with the options that it has (`./evaluate --help`). What counts in the end is measured with a',
    'copy of it that you cannot reach, without network, and in an environment like yours. `evaluate.py`, `evaluation_code/` and',
    '`templates/` belong to the evaluation: do not change them.',
    ...(names.length === 0 ? [] : [`Given to you for this task: ${names.join(', ')}${more}.`]),
  ].join('\n')
}
