import { existsSync, readFileSync } from 'node:fs'
import { sharedPath } from '../fixtures/shared.ts'
import type { Sandbox, SandboxFlags } from '../../src/domain/sandbox.ts'
import { createPrograms, type ProgramsOptions } from '../../src/run/programs/create-programs.ts'
import { payloadUser } from '../sandboxes/bench.ts'
import { subjects } from '../sandboxes/subjects.ts'

/** Every Linux with Python has it where any user may execute it. */
export const python = '/usr/bin/python3'

export type TestPrograms = ReturnType<typeof createPrograms>

export function createTestPrograms(
  subject: { readonly sandbox: Sandbox; readonly flags: SandboxFlags },
  options: Partial<ProgramsOptions> = {},
): TestPrograms {
  return createPrograms({
    ...subject,
    user: payloadUser,
    python,
    cores: 2,
    owner: `test-${process.pid}-${Math.random()}`,
    signal: new AbortController().signal,
    ...options,
  })
}

/** Why programs cannot be run here; null where they can. */
export const noPython = existsSync(python) ? null : `${python} is missing`

/** The best isolation that this machine has. */
export async function bestSubject(): Promise<{
  readonly sandbox: Sandbox
  readonly flags: SandboxFlags
  readonly title: string
}> {
  const best = (await subjects()).find(({ probe }) => probe.available)
  if (best === undefined) throw new Error('the host is always there')
  return { title: best.title, sandbox: best.sandbox, flags: best.probe.flags }
}

export interface Problem {
  readonly id: string
  readonly prompt: string
  readonly solution: string
  readonly tests: string
  readonly entryPoint: string
}

/** The problems of HumanEval; null where `PTB_SHARED` names no folder that holds them. */
export function readHumaneval(): Problem[] | null {
  const path = sharedPath('data/humaneval/HumanEval.jsonl')
  if (path === null) return null
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const row: Record<string, string> = JSON.parse(line)
      const of = (field: string): string => row[field] ?? ''
      return {
        id: of('task_id'),
        prompt: of('prompt'),
        solution: of('canonical_solution'),
        tests: of('test'),
        entryPoint: of('entry_point'),
      }
    })
}

/** As the published system does: answer and tests in one process. */
export function publishedProgram({ prompt, solution, tests, entryPoint }: Problem): string {
  return `${prompt}${solution}\n${tests}\ncheck(${entryPoint})`
}

/** Three tests use helpers that the prompt defines, and one calls the function by its own name. */
export function testsApart({ prompt, tests, entryPoint }: Problem): string {
  return `${prompt}\n\n${entryPoint} = candidate\n${tests}\ncheck(candidate)`
}
