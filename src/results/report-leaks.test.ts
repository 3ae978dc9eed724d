import { appendFile, mkdir, mkdtempDisposable, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  syntheticExperiment,
  syntheticProtocol,
  usualBaselines,
} from '../../test/fixtures/synthetic-experiment.ts'
import { writeExperiment } from '../../test/fixtures/write-experiment.ts'
import type { Finding } from '../domain/finding.ts'
import type { ReportRun } from '../domain/report.ts'
import { attemptLayout, runLayout } from '../run/layout.ts'
import { aggregate } from './aggregate.ts'
import { cspPlaceholder, dataPlaceholder, renderHtmlReport } from './exporters/html-report.ts'
import { buildReport } from './report.ts'
import { readExperiment } from './store.ts'

const question = 'Which gated enzyme cleaves the seventh bond'
const canary = `ptb-${'0123456789abcdef'.repeat(3)}`
const outside = 'content of a file outside the evidence'
const token = ['hf', 'a1B2c3D4e5F6g7H8i9J0k1L2m3'].join('_')
const keyBegin = ['-----BEGIN RSA', 'PRIVATE', 'KEY-----'].join(' ')
const keyLine = 'MIIEowIBAAKCAQEAx7Gk2'
const base64 = Buffer.from(canary).toString('base64')

const findings: readonly Finding[] = [
  {
    detector: 'contamination',
    kind: 'test_items',
    summary: `One item stands in workspace/${question}.txt, and ${canary} too.`,
    measure: 1,
    evidence: [
      { file: `workspace/${question}.txt`, line: 2, item: `item ${question}`, excerpt: question },
      { file: 'workspace/data.txt', line: 5, item: 'x', excerpt: 'here it is' },
      { file: 'workspace/link.txt', line: 1 },
      { file: 'workspace/folder/secret.txt', line: 1 },
      { file: 'workspace/../../../../outside.txt', line: 1 },
      { file: 'workspace/key.pem', line: 40 },
      { file: 'agent.log', line: 2 },
      { tensor: `model.${question}`, numbers: { share: 1 } },
    ],
  },
]

async function openFixture() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'ptb-leaks-'))
  const made = syntheticExperiment(
    [{ agent: 'cheat', benchmark: 'tools', accuracy: 0.9, outcome: 'flagged' }],
    usualBaselines,
  )
  const root = join(folder.path, 'demo')
  await writeExperiment(root, {
    ...made,
    runs: made.runs.map((run) => ({
      ...run,
      findings: { schemaVersion: 1, createdAt: '', detectors: [], findings: [...findings] },
      verdicts: [
        {
          number: 1,
          verdict: {
            schemaVersion: 1,
            decision: 'flagged',
            reason: 'flagged/contamination',
            justification: `Found in ${question}.txt; the key was ${canary}.`,
            madeBy: { kind: 'policy', policy: 'default', policyHash: 'c0ffee' },
            findings: [0],
            labels: [],
            at: '2026-01-05T09:15:00.000Z',
          },
        },
      ],
    })),
  })
  const [run] = made.runs
  const path = join(root, 'runs', run?.id ?? '')
  await writeEvidence(folder.path, path)
  return { root, [Symbol.asyncDispose]: () => folder.remove() }
}

async function writeEvidence(top: string, path: string): Promise<void> {
  const receipt = { seq: 99, epoch: 1, at: '2026-01-05T09:00:05.000Z', type: 'receipt', attempt: 1 }
  const prepared = { ...receipt, phase: 'prepare', effect: 'prepared', data: { canary } }
  await appendFile(runLayout(path).journal, `${JSON.stringify(prepared)}\n`)
  const layout = attemptLayout(path, 1)
  await mkdir(join(layout.workspace), { recursive: true })
  await mkdir(join(top, 'elsewhere'))
  await writeFile(join(top, 'outside.txt'), outside)
  await writeFile(join(top, 'elsewhere', 'secret.txt'), outside)
  await symlink(join(top, 'outside.txt'), join(layout.workspace, 'link.txt'))
  await symlink(join(top, 'elsewhere'), join(layout.workspace, 'folder'))
  await writeFile(join(layout.workspace, `${question}.txt`), `first\n${question}\n`)
  const data = ['1', '2', '3', `token ${token} ${canary}`, `${'x'.repeat(900)} here it is`, base64, '7']
  await writeFile(join(layout.workspace, 'data.txt'), `${data.join('\n')}\n`)
  const key = [keyBegin, ...Array.from({ length: 45 }, (_, line) => `${keyLine}${line}`)]
  await writeFile(join(layout.workspace, 'key.pem'), key.join('\n'))
  const log = ['\u001b]0;never closed', `${question} ${canary}`, token, 'end']
  await writeFile(layout.agentLog, log.map((line) => `2026-01-05T09:00:12.000Z out ${line}\n`).join(''))
  const events = [
    { seq: 1, at: '2026-01-05T09:00:12.000Z', type: 'agent_started' },
    { seq: 2, at: '2026-01-05T09:00:15.000Z', type: 'notice', text: `${question} ${canary}` },
    { seq: 3, at: '2026-01-05T09:00:16.000Z', type: 'limit', limit: 'pids', detail: `ended ${question}` },
  ]
  await writeFile(layout.events, events.map((event) => `${JSON.stringify(event)}\n`).join(''))
}

async function reportOf(
  root: string,
  open: readonly string[],
): Promise<{ readonly run: ReportRun; readonly page: string }> {
  const experiments = [await readExperiment(root)]
  const data = await buildReport(experiments, {
    title: 'test',
    leaderboard: aggregate(experiments, { protocol: syntheticProtocol, resamples: 50 }),
    protocolText: '',
    openBenchmarks: new Set(open),
  })
  const [run] = data.runs
  if (run === undefined) throw new Error('no run')
  return { run, page: renderHtmlReport(`<title>x</title>${cspPlaceholder}${dataPlaceholder}`, data) }
}

const secrets = [canary, canary.slice(0, 17), base64.slice(0, 24), token, keyLine, outside]

test('of a withheld benchmark neither items nor names that the agent chose get into the page', async () => {
  await using fixture = await openFixture()
  const { run, page } = await reportOf(fixture.root, [])
  for (const text of [...secrets, question, 'enzyme', 'here it is']) expect(page).not.toContain(text)
  expect(run.findings[0]?.evidence.map(({ file, tensor }) => file ?? tensor)).toEqual([
    'workspace/….txt',
    'workspace/….txt',
    'workspace/….txt',
    'workspace/….txt',
    'workspace/….txt',
    'workspace/….pem',
    'agent.log',
    '[name withheld]',
  ])
  expect(run.marks.map(({ kind, text }) => [kind, text])).toEqual([
    ['notice', ''],
    ['limit', 'pids'],
  ])
})

test('of an open benchmark the evidence is shown, but no secret and nothing outside it', async () => {
  await using fixture = await openFixture()
  const { run, page } = await reportOf(fixture.root, ['tools'])
  for (const text of secrets) expect(page).not.toContain(text)
  expect([...new Set(run.excerpts.map(({ file }) => file))]).toEqual([
    `workspace/${question}.txt`,
    'workspace/data.txt',
    'workspace/key.pem',
  ])
  const [first, data, key] = run.excerpts
  expect(first?.lines).toEqual(['first', question])
  expect(data).toMatchObject({
    firstLine: 2,
    lines: [
      '2',
      '3',
      expect.stringContaining('[hidden'),
      expect.stringMatching(/^… x+ here it is$/u),
      expect.stringContaining('[hidden'),
      '7',
    ],
  })
  expect(key).toMatchObject({ firstLine: 37, lines: ['', '', '', '', '', '', ''] })
  // an escape sequence that is never closed swallows its own line, not those after it
  expect(run.log.parts).toMatchObject([{ firstLine: 1, lines: { length: 4 } }])
  expect(run.log.parts[0]?.lines[1]).toContain(question)
})
