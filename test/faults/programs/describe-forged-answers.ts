import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bestSubject, createTestPrograms, noPython, type TestPrograms } from '../../programs/rig.ts'
import { forgedAnswers, usualTests, type ForgedAnswer } from './forged-answers.ts'

const honest = 'none: an honest one passes'
const all: readonly ForgedAnswer[] = [
  ...forgedAnswers,
  {
    how: honest,
    source: 'def add(a, b): return a + b',
    fools: ['exit_code', 'nonce'],
  },
]

/** That no answer says of itself that it passed. */
export function describeForgedAnswers(): void {
  describeWithPrograms('tests apart', (programs) => {
    test.for(all)('$how', async ({ how, ...answer }, context) => {
      if (noPython !== null) return context.skip(noPython)
      const { passed, why } = await programs().check({
        source: answer.source,
        entryPoint: 'add',
        tests: `${answer.tests ?? usualTests}\ncheck(candidate)`,
        timeoutMs: answer.slow ? 1000 : 20_000,
      })
      expect(why).not.toBe('')
      expect({ passed, why }).toMatchObject({ passed: how === honest })
    })
  })
}

/** Which of them the published system's ways believe, and so why there is another one. */
export function describePublishedWays(): void {
  describeWithPrograms('published ways', (programs) => {
    test.for(all)('$how', async (answer, context) => {
      if (noPython !== null) return context.skip(noPython)
      const passes = async (ending: string, nonce: string): Promise<boolean> => {
        const { exitCode, stdout } = await programs().run({
          source: [answer.source, answer.tests ?? usualTests, 'check(add)', ending].join('\n'),
          timeoutMs: answer.slow ? 500 : 20_000,
        })
        return exitCode === 0 && Buffer.from(stdout).includes(nonce)
      }
      const nonce = randomBytes(16).toString('hex')
      expect({
        exit_code: await passes('', ''),
        nonce: await passes(`print("${nonce}")`, nonce),
      }).toEqual({
        exit_code: answer.fools.includes('exit_code'),
        nonce: answer.fools.includes('nonce'),
      })
    })
  })
}

function describeWithPrograms(ways: string, declare: (programs: () => TestPrograms) => void): void {
  describe(`forged answers, ${ways}`, { concurrent: true }, () => {
    let programs: TestPrograms | null = null
    beforeAll(async () => {
      programs = createTestPrograms(await bestSubject(), { limits: { memoryMiB: 256 } })
    })
    afterAll(() => programs?.[Symbol.asyncDispose]())
    declare(() => {
      if (programs === null) throw new Error('they are not ready')
      return programs
    })
  })
}
