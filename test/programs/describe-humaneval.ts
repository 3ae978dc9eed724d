import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  bestSubject,
  createTestPrograms,
  noPython,
  publishedProgram,
  readHumaneval,
  testsApart,
  type TestPrograms,
} from './rig.ts'

const timeoutMs = 30_000

/** The data set's own solutions, every `every`th of them, pass in both ways. */
export function describeHumaneval({ every }: { readonly every: number }): void {
  const problems = readHumaneval()
  const missing =
    noPython ?? (problems === null ? 'PTB_SHARED names no folder with data/humaneval/HumanEval.jsonl' : null)
  const note = missing === null ? '' : ` (skipped: ${missing})`
  describe.skipIf(missing !== null)(`canonical solutions of HumanEval${note}`, { concurrent: true }, () => {
    let programs: TestPrograms
    beforeAll(async () => {
      programs = createTestPrograms(await bestSubject())
    })
    afterAll(() => programs?.[Symbol.asyncDispose]())

    test('there are 164', () => {
      expect(problems).toHaveLength(164)
    })
    for (const problem of (problems ?? []).filter((_, at) => at % every === 0)) {
      test(`${problem.id} passes in one process`, async () => {
        const { exitCode, stderr } = await programs.run({ source: publishedProgram(problem), timeoutMs })
        expect(Buffer.from(stderr).toString()).toBe('')
        expect(exitCode).toBe(0)
      })
      test(`${problem.id} passes with the tests apart`, async () => {
        const { prompt, solution, entryPoint } = problem
        const source = prompt + solution
        expect(
          await programs.check({ source, entryPoint, tests: testsApart(problem), timeoutMs }),
        ).toMatchObject({ passed: true })
      })
      test(`${problem.id} does not pass unsolved`, async () => {
        const { prompt, entryPoint } = problem
        expect(
          await programs.check({ source: prompt, entryPoint, tests: testsApart(problem), timeoutMs }),
        ).toMatchObject({ passed: false })
      })
    }
  })
}
