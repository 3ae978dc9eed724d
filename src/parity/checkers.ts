import { answerCheckers } from './answer-checkers.ts'
import { arenaCheckers } from './arena-checkers.ts'
import { checkChatTemplate, createBfclPromptChecker } from './chat-templates.ts'
import type { Checker } from './checker.ts'
import { healthbenchCheckers } from './healthbench-checkers.ts'
import { humanevalChecker } from './humaneval-checker.ts'
import { pythonCheckers } from './python-checkers.ts'
import { exampleRequestChecker, requestPromptChecker } from './request-checkers.ts'
import { toolCheckers } from './tool-checkers.ts'

/** By the input's `op`, else by the name of the file, else by what a vector's id begins with. */
const checkers: Readonly<Record<string, Checker>> = {
  ...pythonCheckers,
  ...answerCheckers,
  ...toolCheckers,
  ...arenaCheckers,
  ...healthbenchCheckers,
  humaneval: humanevalChecker,
  request_prompts: requestPromptChecker,
  prompt: requestPromptChecker,
  example_requests: exampleRequestChecker,
  chat_templates: { check: checkChatTemplate },
  tmpl: { check: checkChatTemplate },
  bfcl_rendered_prompts: bfclPromptChecker(),
  'bfcl-prompt': bfclPromptChecker(),
}

export interface VectorName {
  /** Without folder and ending. */
  readonly file: string
  readonly id: string
  readonly input: unknown
}

/** Null for vectors of a kind that nobody knows. */
export function findChecker({ file, id, input }: VectorName): Checker | null {
  // `gsm8k-012-boxed-dollar` is of the kind gsm8k
  const kind = id.replace(/-\d.*$/, '')
  for (const name of [opOf(input), file, kind])
    if (name !== null && Object.hasOwn(checkers, name)) return checkers[name] ?? null
  return null
}

function opOf(input: unknown): string | null {
  if (typeof input !== 'object' || input === null || !('op' in input)) return null
  return typeof input.op === 'string' ? input.op : null
}

function bfclPromptChecker(): Checker {
  let check: ((input: unknown) => unknown) | undefined
  return {
    check: async (input, { rows }) => {
      check ??= createBfclPromptChecker(await rows('bfcl_exec_simple/BFCL_v3_exec_simple.json'))
      return check(input)
    },
  }
}
