import { existsSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { evaluationMetricsSchema } from '../../src/domain/evaluation.ts'
import { readJsonl } from '../../src/lib/jsonl.ts'
import { judgeCallSchema } from '../../src/run/evaluation/judge-record.ts'
import { readMetrics } from '../../src/run/evaluation/evaluation.ts'
import { attemptLayout, evaluationPath, judgeRecordPath } from '../../src/run/layout.ts'
import { refuse, startFakeJudge, type JudgeBody } from '../fakes/judge.ts'
import { createLife, type Life } from './rig.ts'

const worth = ({ messages }: JudgeBody): string => {
  const [target, answer] = messages[0]?.content.split(' ') ?? []
  return target === answer ? '1' : '0'
}

async function work(life: Life, url: string): Promise<void> {
  await once(life.startWorker({ PTB_JUDGE_URL: url, JUDGE_API_KEY: 'key-of-the-judge' }), 'exit')
}

async function readCalls(path: string): Promise<string[]> {
  return (await readJsonl(path)).lines.map(({ value }) => judgeCallSchema.parse(value).key)
}

describe('a run whose benchmark is judged', { concurrent: true }, () => {
  it('has a judge for what the agent asks and one for the score, and the agent finds neither', async () => {
    await using server = await startFakeJudge(worth)
    await using life = await createLife({
      sandbox: 'host',
      benchmark: 'judged',
      solve: 'set -e; save true true; ./evaluate --limit 2; env; find . -name "*judge*"; echo end',
    })
    await work(life, server.url)
    expect((await life.result()).outcome.kind).toBe('scored')
    const log = await life.agentLog(1)
    expect(log).toContain(' end')
    expect(log).not.toMatch(/judge/i)
    const asked = await readCalls(attemptLayout(life.runPath, 1).selfEvaluationJudge)
    expect(asked).toHaveLength(2)
    const evaluation = evaluationPath(life.runPath, 'counting-v1', 1)
    expect((await readCalls(judgeRecordPath(evaluation))).sort()).toEqual(
      ['test', 'shadow']
        .flatMap((set) =>
          Array.from({ length: set === 'test' ? 8 : 4 }, (_, at) => `${set}/1/${set}-${at}/${set}-${at}`),
        )
        .sort(),
    )
    expect(evaluationMetricsSchema.parse(await readMetrics(evaluation))).toMatchObject({
      test: { accuracy: 1 },
      judge: { model: 'grader', calls: 12, unusable: 0, costUsd: null },
    })
  })

  it('is not started without a judge', async () => {
    await using life = await createLife({
      sandbox: 'host',
      benchmark: 'judged',
      infraRetries: 3,
      solve: 'true',
    })
    await once(life.startWorker({ PTB_JUDGE_URL: '', OPENAI_API_KEY: '' }), 'exit')
    const { outcome, attempts } = await life.result()
    expect(outcome).toMatchObject({ kind: 'infra_failure', reason: 'infra_failure/judge_no_endpoint' })
    expect(attempts).toBe(1)
    expect(existsSync(attemptLayout(life.runPath, 1).started)).toBe(false)
  })

  it('whose judge takes no more questions after the seal keeps what the agent made, and goes on later', async () => {
    let isRefusing = true
    await using server = await startFakeJudge((body, call) =>
      isRefusing && call > 3 ? refuse(401, 'no more credit') : worth(body),
    )
    await using life = await createLife({ sandbox: 'host', benchmark: 'judged', solve: 'save true true' })
    await work(life, server.url)
    expect(existsSync(join(life.runPath, 'result.json'))).toBe(false)
    isRefusing = false
    await work(life, server.url)
    const { outcome, attempts } = await life.result()
    expect([outcome.kind, attempts]).toEqual(['scored', 1])
  })
})
