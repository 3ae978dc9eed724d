import { randomUUID } from 'node:crypto'
import type { Item, Score } from '../../domain/benchmark.ts'
import type { ScoringTools } from '../../domain/scoring.ts'
import { problemSchema } from './items.ts'
import { assembleProgram, extractBody } from './program.ts'

const timeoutMs = 30_000

/** The answer is followed by the task's tests and run; what says that it passed is the protocol's choice. */
export async function scoreHumaneval(
  item: Pick<Item, 'metadata'>,
  output: { readonly text: string },
  { rules, programs }: Pick<ScoringTools, 'rules' | 'programs'>,
): Promise<Score> {
  const { prompt, test, entry_point: entryPoint } = problemSchema.parse(item.metadata)
  const answer = extractBody(output.text)
  if (rules.programResult === 'values') {
    const source = `${prompt}${answer}\n`
    // Some tests call what the prompt defines, and one the function by its own name.
    const tests = `${prompt}\n\n${entryPoint} = candidate\n${test}\ncheck(candidate)\n`
    const { passed, why } = await programs.check({ source, entryPoint, tests, timeoutMs })
    return { value: passed ? 1 : 0, answer, explanation: why }
  }
  const nonce = rules.programResult === 'nonce' ? { nonce: randomUUID() } : {}
  const source = assembleProgram({ task: { prompt, test, entryPoint }, body: answer, ...nonce })
  const result = await programs.run({ source, timeoutMs })
  if (result.unscorable !== null) return { value: 0, answer, error: result.unscorable }
  const reached = nonce.nonce === undefined || Buffer.from(result.stdout).includes(nonce.nonce)
  return { value: result.exitCode === 0 && reached ? 1 : 0, answer }
}
