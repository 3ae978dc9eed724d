import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createScreenReader } from '../../src/cli/watch/read-screen.ts'
import { renderScreen } from '../../src/cli/watch/screen.ts'
import type { ExperimentData } from '../../src/results/store.ts'
import { createOwnFolder, type OwnFolder } from '../fixtures/own-folder.ts'
import { writeHostileExperiment } from './text/hostile-experiment.ts'
import { asArgument, findAlive, hostile, hostileNames } from './text/hostile-text.ts'

let own: OwnFolder
let experiment: ExperimentData

beforeAll(async () => {
  own = await createOwnFolder()
  experiment = await writeHostileExperiment(join(own.path, 'results', 'demo'))
  const folder = `agent ${hostileNames[3]}`
  await mkdir(join(own.path, folder))
  await writeFile(join(own.path, folder, 'solve.sh'), 'true\n')
  await own.write({
    'plan.yaml': JSON.stringify({
      name: 'planned',
      protocol: 'nano-v1',
      baseModels: ['nano-base'],
      agents: { a: { path: folder, config: hostile } },
      budget: { minutes: 1 },
    }),
    'wrong.yaml': JSON.stringify({
      name: hostile,
      [hostile]: hostile,
      agents: { [hostile]: { path: hostile } },
    }),
    'broken.yaml': `name: [${hostile.replaceAll('\n', ' ')}`,
  })
}, 60_000)

afterAll(() => own[Symbol.asyncDispose]())

const runId = (outcome: string): string =>
  experiment.runs.find(({ result }) => result?.outcome.kind === outcome)?.id ?? ''
const agentName = (index: number): string => experiment.runs[index]?.spec.agent.name ?? ''

/** Every command that reads runs or names of others, and what it is asked. */
const commands: Readonly<Record<string, () => readonly string[]>> = {
  status: () => ['status'],
  'status of an experiment': () => ['status', 'demo'],
  triage: () => ['triage'],
  leaderboard: () => ['leaderboard', 'demo'],
  'leaderboard as Markdown': () => ['leaderboard', 'demo', '--md'],
  'leaderboard as CSV': () => ['leaderboard', 'demo', '--csv'],
  'comparison of agents': () => ['compare', `${agentName(0)}@demo`, `${agentName(7)}@demo`],
  'comparison of runs': () => ['compare', runId('scored'), runId('flagged')],
  'comparison of an experiment with itself': () => ['compare', 'demo', 'demo'],
  logs: () => ['logs', runId('no_model')],
  'logs to their end': () => ['logs', runId('scored'), '-f'],
  'changes as lines': () => ['watch', 'demo'],
  gc: () => ['gc', 'demo', '--keep', 'hashes'],
  merge: () => ['merge', `out ${hostileNames[3]}`, 'results/demo', '--dry-run'],
  report: () => ['report', 'demo', '--out', `${hostileNames[3]}.html`],
  'a verdict that is refused': () => [
    'verdict',
    runId('unjudged'),
    '--set',
    'flagged',
    '--as',
    asArgument(hostile),
    '--reason',
    'x',
  ],
  'cancellation of what is over': () => ['cancel', runId('cancelled')],
  'resumption of what is over': () => ['resume', runId('scored')],
  plan: () => ['plan', 'plan.yaml', '--commands'],
  'plan of a wrong file': () => ['plan', 'wrong.yaml'],
  'plan of a broken file': () => ['plan', 'broken.yaml'],
  'a run that is not there': () => ['logs', asArgument(hostile)],
  'a folder that is not there': () => ['status', asArgument(hostile)],
  'an option that is not there': () => ['status', `--${asArgument(hostile)}`],
  'runs that could be meant': () => ['logs', '1'],
}

/** Of those that do not end well: of a wrong call, and of runs that failed. */
const codes = new Map([
  ...Object.keys(commands).flatMap((name) =>
    /^(plan of|a |an |runs )/u.test(name) ? [[name, 2] as const] : [],
  ),
  ['changes as lines', 1] as const,
])

describe('hostile text on a terminal', () => {
  // with colours, for the codes that are ours are few
  it.concurrent.each(Object.entries(commands))('%s', async (name, args) => {
    const { stdout, stderr, code } = await own.ptb(args(), { FORCE_COLOR: '1' })
    // line ends of CSV are those of RFC 4180
    const text = (name.endsWith('CSV') ? stdout.replaceAll('\r\n', '\n') : stdout) + stderr
    expect(text.length).toBeGreaterThan(10)
    expect(findAlive(text, { coloured: true })).toEqual([])
    // a command that stumbles over such text shows none
    expect(code).toBe(codes.get(name) ?? 0)
  })

  it('the screen of watch', async () => {
    const screen = await createScreenReader(join(own.path, 'results')).read()
    expect(screen.runs.length).toBeGreaterThan(5)
    expect(screen.unreadable).toHaveLength(1)
    for (const columns of [40, 80, 200])
      for (const colour of [false, true]) {
        const { lines } = renderScreen(screen, { columns, rows: 50, colour })
        expect(findAlive(lines.join('\n'), { coloured: colour })).toEqual([])
        expect(lines.length).toBeLessThanOrEqual(50)
      }
  })

  it('nothing in CSV begins a formula', async () => {
    const { stdout } = await own.ptb(['leaderboard', 'demo', '--csv'])
    const cells = [...stdout.matchAll(/(?:^|,|\r\n)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/gu)].map(
      ([, quoted, bare]) => quoted ?? bare ?? '',
    )
    expect(cells.some((cell) => cell.includes('cmd|'))).toBe(true)
    expect(cells.filter((cell) => /^\s*[=+\-@]/u.test(cell) && !/^-?[\d.e-]+$/u.test(cell))).toEqual([])
  })
})
