import { appendFile, mkdir, mkdtempDisposable, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { syntheticExperiment, type RunRecipe } from '../../test/fixtures/synthetic-experiment.ts'
import { writeExperiment } from '../../test/fixtures/write-experiment.ts'
import type { Outcome } from '../domain/outcome.ts'
import { readTriageRules } from '../run/catalog.ts'
import { openJournal } from '../run/journal.ts'
import { attemptLayout, evaluationPath, runLayout } from '../run/layout.ts'
import { classify, readTriage, type Triage } from './triage.ts'

const rules = await readTriageRules()

function outcomeOf(reason: string, detail = ''): Outcome {
  const kind = reason.startsWith('no_model') ? 'no_model' : 'infra_failure'
  return { kind, reason, detail }
}

const noLogs = { detail: [], 'worker.log': [], 'supervisor.log': [], 'engine.log': [], 'agent.log': [] }

describe('the rules of the catalogue', () => {
  it.each([
    ['infra_failure/agent_changed', {}, 'planned_otherwise'],
    ['infra_failure/protocol_changed', {}, 'planned_otherwise'],
    ['infra_failure/disk_full', {}, 'disk_full'],
    ['infra_failure/engine_broken', {}, 'engine_broken'],
    [
      'infra_failure/engine_broken',
      { 'engine.log': ['x: torch.OutOfMemoryError: CUDA out of memory.'] },
      'gpu_memory',
    ],
    ['infra_failure/engine_broken', { 'engine.log': ['No CUDA GPUs are available'] }, 'gpu_missing'],
    [
      'infra_failure/engine_broken',
      { 'engine.log': ['no file named preprocessor_config.json'] },
      'preprocessor_config',
    ],
    [
      'infra_failure/supervisor_error',
      { 'supervisor.log': ['Error: ESTALE: stale file handle'] },
      'stale_file_handle',
    ],
    [
      'infra_failure/supervisor_error',
      { detail: ['ENOSPC: no space left on device, write'] },
      'disk_full_elsewhere',
    ],
    ['infra_failure/supervisor_died', {}, 'supervisor_died'],
    ['infra_failure/supervisor_died', { 'worker.log': ['oom-kill: Killed process 7'] }, 'host_memory'],
    ['infra_failure/sandbox_start_failed', {}, 'sandbox'],
    ['no_model/agent_crashed', { 'agent.log': ['t err 401 Unauthorized'] }, 'provider_account'],
    ['no_model/nothing_submitted', { 'agent.log': ['t err HTTP 429 Too Many Requests'] }, 'provider_rate'],
    ['no_model/agent_crashed', { 'agent.log': ['t err TypeError: fetch failed'] }, 'provider_network'],
    ['no_model/nothing_submitted', { 'agent.log': ["t out I can't help with that."] }, 'refusal'],
    ['no_model/agent_crashed', { 'agent.log': ['t err CUDA out of memory'] }, 'agent_gpu_memory'],
    ['no_model/agent_crashed', {}, 'agent_crashed'],
    ['no_model/out_of_memory', {}, 'agent_memory'],
    ['no_model/nothing_submitted', { detail: ['nothing; the agent ran until the deadline'] }, 'no_time_left'],
    ['no_model/does_not_load', { detail: ['size mismatch for embed_tokens.weight'] }, 'tokenizer_mismatch'],
    ['no_model/does_not_load', {}, 'does_not_load'],
    ['no_model/link', {}, 'invalid_model'],
  ])('%s with %j: %s', (reason, logs, id) => {
    expect(classify(outcomeOf(reason), { ...noLogs, ...logs }, rules).rule?.id).toBe(id)
  })

  it('believe no agent about a failure of the harness', () => {
    const logs = {
      ...noLogs,
      'agent.log': ['t out 401 Unauthorized', 't out stale file handle', 't out ENOSPC'],
    }
    expect(classify(outcomeOf('infra_failure/supervisor_error'), logs, rules).rule).toBeNull()
  })

  it('are each of one id, and say which logs their signatures stand in', () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
    for (const rule of rules.filter(({ reasons }) => reasons.some((reason) => reason.startsWith('infra'))))
      expect(rule.in ?? []).not.toContain('agent.log')
  })
})

it('a pattern is no regular expression, and its star goes anywhere', () => {
  const rule = { ...rules[0], id: 'x', reasons: ['infra_failure/a.c*'] } as (typeof rules)[number] // a whole rule
  const idOf = (reason: string): string | undefined => classify(outcomeOf(reason), noLogs, [rule]).rule?.id
  expect(idOf('infra_failure/a.c')).toBe('x')
  expect(idOf('infra_failure/a.cde')).toBe('x')
  expect(idOf('infra_failure/abc')).toBeUndefined()
})

async function openExperiment(recipes: readonly RunRecipe[]) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'ptb-triage-'))
  const data = syntheticExperiment(recipes, [], 'study')
  await writeExperiment(folder.path, data)
  for (const run of data.runs) {
    if (run.result === null) continue
    using journal = await openJournal(join(folder.path, 'runs', run.id))
    journal.append({ type: 'finished', outcome: run.result.outcome })
  }
  return {
    path: folder.path,
    ids: data.runs.map(({ id }) => id),
    runPath: (index: number) => join(folder.path, 'runs', data.runs[index]?.id ?? ''),
    triage: () => readTriage([folder.path], rules),
    [Symbol.asyncDispose]: () => folder.remove(),
  }
}

async function writeLog(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

function summaryOf({ groups }: Triage): unknown {
  return groups.map(({ rule, example, cases }) => [
    rule?.id ?? example.outcome.reason,
    cases.length,
    example.run,
  ])
}

describe('the triage of an experiment', () => {
  it('groups finished runs without a score and failed attempts, and leaves out what went well', async () => {
    await using study = await openExperiment([
      { agent: 'fine' },
      { agent: 'again', attempts: 2 },
      { agent: 'idle', outcome: 'no_model', reason: 'no_model/nothing_submitted' },
      { agent: 'lazy', outcome: 'no_model', reason: 'no_model/nothing_submitted' },
      { agent: 'held', outcome: 'unjudged', reason: 'unjudged/review' },
      { agent: 'busy', outcome: null },
    ])
    const [, again, idle, lazy, held] = study.ids
    const triage = await study.triage()
    expect(triage.finished).toBe(5)
    expect(summaryOf(triage)).toEqual([
      ['nothing_submitted', 2, expect.toBeOneOf([idle, lazy])],
      ['unjudged', 1, held],
      ['infra_failure/engine_not_ready', 1, again],
    ])
    expect(triage.groups.flatMap(({ cases }) => cases.map(({ final }) => final))).toEqual([
      true,
      true,
      true,
      false,
    ])
  })

  it('counts a run that failed for good once', async () => {
    await using study = await openExperiment([{ agent: 'a' }])
    const path = study.runPath(0)
    const outcome = outcomeOf('infra_failure/disk_full', 'less than 1 GiB is free')
    {
      using journal = await openJournal(path)
      journal.append({ type: 'attempt', attempt: 2, why: 'x' })
      journal.append({ type: 'attempt_end', attempt: 2, outcome })
      journal.append({ type: 'finished', outcome })
    }
    await writeFile(runLayout(path).result, '{}')
    const { groups } = await study.triage()
    expect(groups).toMatchObject([{ rule: { id: 'disk_full' }, cases: [{ attempt: 2, final: true }] }])
  })

  it('shows the end of the log of what no rule knows, inert and without credentials', async () => {
    await using study = await openExperiment([
      { agent: 'odd', outcome: 'infra_failure', reason: 'infra_failure/odd' },
    ])
    const log = `one\ntwo\nthree\n\u001b[31mfour\u001b[0m sk-abcdefghijklmnopqrstuv\n\n${'x'.repeat(1000)}\n`
    await writeLog(runLayout(study.runPath(0)).workerLog, log)
    const { groups } = await study.triage()
    expect(groups).toMatchObject([{ rule: null, example: { evidence: { source: 'worker.log' } } }])
    expect(groups[0]?.example.evidence?.lines).toEqual([
      'two',
      'three',
      'four [hidden: looks like a credential]',
      `${'x'.repeat(300)}…`,
    ])
  })

  it('reads the end of a log alone, and follows no link to it', async () => {
    await using study = await openExperiment([
      { agent: 'a', outcome: 'no_model', reason: 'no_model/agent_crashed' },
      { agent: 'b', outcome: 'no_model', reason: 'no_model/agent_crashed' },
    ])
    const text = 't err 401 Unauthorized\n'
    await writeLog(attemptLayout(study.runPath(0), 1).agentLog, text + 't out more\n'.repeat(10_000))
    await writeLog(join(study.path, 'elsewhere'), text)
    const link = attemptLayout(study.runPath(1), 1).agentLog
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(study.path, 'elsewhere'), link)
    expect((await study.triage()).groups).toMatchObject([{ rule: { id: 'agent_crashed' }, cases: [{}, {}] }])
  })

  it("does not take the last attempt's logs for an earlier one's", async () => {
    await using study = await openExperiment([{ agent: 'a', attempts: 2 }])
    const engineLog = join(evaluationPath(study.runPath(0), 'nano', 1), 'engine.log')
    await writeLog(engineLog, 'CUDA out of memory\n')
    await writeLog(attemptLayout(study.runPath(0), 1).supervisorLog, 'stale file handle\n')
    expect((await study.triage()).groups).toMatchObject([
      { rule: { id: 'stale_file_handle' }, example: { attempt: 1, final: false } },
    ])
  })

  it('names a run that cannot be read', async () => {
    await using study = await openExperiment([{ agent: 'a' }])
    await appendFile(runLayout(study.runPath(0)).journal, 'garbage\n')
    expect(await study.triage()).toMatchObject({
      groups: [],
      unreadable: [{ run: study.ids[0], why: expect.stringContaining('is not a journal line') }],
    })
  })
})
