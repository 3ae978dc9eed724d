import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Programs } from '../src/domain/scoring.ts'
import { mapConcurrently } from '../src/lib/map-concurrently.ts'
import { runCommand } from '../src/lib/process.ts'
import {
  bestSubject,
  createTestPrograms,
  publishedProgram,
  python,
  readHumaneval,
  testsApart,
  type Problem,
} from '../test/programs/rig.ts'
import { figure, type Bench, type BenchOptions, type Figure } from './measure.ts'
import { installReference, type Reference } from './reference.ts'

const timeoutMs = 30_000

/** Against a bare `python3 -c` of the same program, in pairs: what Python and the program take is not the sandbox's. */
export const programs = {
  name: 'programs',
  about: 'the canonical solutions of HumanEval, executed and checked in sandboxes (needs PTB_SHARED)',
  async run({ withReference }: BenchOptions) {
    const problems = readHumaneval() ?? someProblems()
    const subject = await bestSubject()
    const figures: Figure[] = []
    {
      await using one = createTestPrograms(subject, { cores: 1 })
      await executed(one, problems[0])
      const pairs: Record<'bare' | 'run' | 'check', number>[] = []
      for (const problem of problems) {
        const bare = await timed(() => runCommand([python, '-c', publishedProgram(problem)], { env: {} }))
        const run = await timed(() => executed(one, problem))
        const check = await timed(() => checked(one, problem))
        pairs.push({ bare, run: run - bare, check: check - bare })
      }
      const of = (name: 'bare' | 'run' | 'check'): number[] => pairs.map((pair) => pair[name])
      figures.push(
        figure('bare python3 -c', 'ms', of('bare')),
        figure(`run in ${subject.title}, beyond that`, 'ms', of('run')),
        figure(`check in ${subject.title}, beyond that`, 'ms', of('check')),
      )
    }
    const reference = withReference ? await installReference() : null
    for (const cores of coreCounts()) {
      await using many = createTestPrograms(subject, { cores })
      await executed(many, problems[0])
      const all = (work: (problem: Problem) => Promise<void>): Promise<number> =>
        timed(() => mapConcurrently(problems, problems.length, work))
      const run = await all((problem) => executed(many, problem))
      const check = await all((problem) => checked(many, problem))
      const what = `${problems.length} programs, ${cores} at once`
      figures.push(figure(`run ${what}`, 'ms', [run]), figure(`check ${what}`, 'ms', [check]))
      if (reference !== null) {
        const other = await executedByReference(reference, { problems, cores })
        figures.push(
          figure(`inspect_ai ${reference.version}, not isolated: ${what}`, 'ms', [other]),
          figure(`run / inspect_ai's, ${cores} at once`, 'ratio', [run / other]),
        )
      }
    }
    return figures
  },
} as const satisfies Bench

async function executed(on: Programs, problem: Problem | undefined): Promise<void> {
  if (problem === undefined) return
  const { exitCode } = await on.run({ source: publishedProgram(problem), timeoutMs })
  if (exitCode !== 0) throw new Error(`${problem.id} ended with ${exitCode}`)
}

async function checked(on: Programs, problem: Problem): Promise<void> {
  const source = problem.prompt + problem.solution
  const { entryPoint } = problem
  const { passed, why } = await on.check({ source, entryPoint, tests: testsApart(problem), timeoutMs })
  if (!passed) throw new Error(`${problem.id}: ${why}`)
}

/** The evaluation alone, without the start of its interpreter. */
async function executedByReference(
  { python: interpreter }: Reference,
  { problems, cores }: { readonly problems: readonly Problem[]; readonly cores: number },
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-bench-'))
  try {
    const list = join(folder, 'programs.jsonl')
    const programs = problems.map((problem) => ({ id: problem.id, source: publishedProgram(problem) }))
    await writeFile(list, programs.map((program) => `${JSON.stringify(program)}\n`).join(''))
    const script = join(import.meta.dirname, 'programs', 'reference.py')
    const { code, stdout, stderr } = await runCommand([interpreter, script, String(cores), list], {
      timeoutMs: 600_000,
    })
    if (code !== 0) throw new Error(`inspect_ai ended with ${code}: ${stderr.slice(-2000)}`)
    const { wallMs }: { wallMs: number } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
    return wallMs
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** 1, 2, 4 and so on, up to all. */
function coreCounts(): number[] {
  const all = cpus().length
  const powers = Array.from({ length: 12 }, (_, at) => 2 ** at).filter((count) => count < all)
  return [...powers, all]
}

/** Where the data set is not at hand. */
function someProblems(): Problem[] {
  return Array.from({ length: 50 }, (_, at) => ({
    id: `add/${at}`,
    prompt: 'def add(a, b):\n    """Their sum."""\n',
    solution: `    return a + b\n`,
    tests: `def check(candidate):\n    for i in range(10):\n        assert candidate(i, ${at}) == i + ${at}\n`,
    entryPoint: 'add',
  }))
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}
