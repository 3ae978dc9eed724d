import { findCode } from '../../lib/scoring/find-code.ts'
import { splitThinking } from '../../lib/scoring/thinking.ts'

export interface HumanEvalTask {
  /** Signature and docstring, which the answer continues. */
  readonly prompt: string
  /** Defines `check(candidate)`. */
  readonly test: string
  readonly entryPoint: string
}

/** The function body that an answer is taken to give. */
export function extractBody(text: string): string {
  return findCode(splitThinking(text).text)
}

export interface ProgramParts {
  readonly task: HumanEvalTask
  readonly body: string
  /** A word to be printed after the tests, which an answer that exits early does not reach. */
  readonly nonce?: string
}

/** The program to be run as `python -c`: prompt, body and tests, as the published system puts them together. */
export function assembleProgram({ task, body, nonce }: ProgramParts): string {
  const program = `${task.prompt}${body}\n${task.test}\ncheck(${task.entryPoint})`
  return nonce === undefined ? program : `${program}\nprint(${JSON.stringify(nonce)})\n`
}
