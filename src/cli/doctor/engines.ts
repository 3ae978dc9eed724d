import type { LocalEngine } from '../../domain/engine.ts'
import type { Diagnosis } from './platform.ts'

export interface EngineMachine {
  /** Null where the environment has not been set up. */
  readonly python: string | null
  /** Of the packages that are in it. */
  readonly versions: Readonly<Record<string, string>>
  readonly gpu: boolean
}

/** What is missing for an engine, or the versions that would serve. */
export function diagnoseEngine(
  { packages = [], flags }: Pick<LocalEngine, 'packages' | 'flags'>,
  { python, versions, gpu }: EngineMachine,
): Diagnosis {
  if (python === null)
    return { status: 'note', detail: 'the environment has not been set up', remedy: 'Run `ptb setup`.' }
  const missing = packages.filter((name) => versions[name] === undefined)
  if (missing.length > 0)
    return {
      status: 'note',
      detail: `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not in ${python}`,
      remedy: 'Only experiments that use it need it: name a Python that has it in PTB_PYTHON.',
    }
  const found = packages.map((name) => `${name} ${versions[name]}`).join(', ')
  if (flags.gpu && !gpu)
    return { status: 'note', detail: `${found}; it needs an NVIDIA GPU, and there is none here` }
  return { status: 'ok', detail: found === '' ? 'needs nothing' : found }
}
