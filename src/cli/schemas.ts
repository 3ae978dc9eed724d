import type * as z from 'zod'
import { attemptEventLineSchema } from '../domain/attempt-event.ts'
import { cancelRequestSchema } from '../domain/cancel-request.ts'
import { modelsFileSchema } from '../domain/catalog.ts'
import { datasetsFileSchema } from '../domain/dataset.ts'
import { evaluationMetricsSchema, sampleSchema, selfEvaluationSchema } from '../domain/evaluation.ts'
import { experimentSchema } from '../domain/experiment.ts'
import { findingsFileSchema } from '../domain/finding.ts'
import { journalLineSchema } from '../domain/journal.ts'
import { leaderboardSchema } from '../domain/leaderboard.ts'
import { monitorSampleSchema } from '../domain/monitor.ts'
import { notificationSchema } from '../domain/notification.ts'
import { policySchema } from '../domain/policy.ts'
import { protocolSchema } from '../domain/protocol.ts'
import { removalSchema } from '../domain/removal.ts'
import { reportSchema } from '../domain/report.ts'
import { resultSchema } from '../domain/result.ts'
import { baselineFileSchema, lockSchema, runFileSchema } from '../domain/run-spec.ts'
import { sealRecordSchema } from '../domain/seal.ts'
import { pricesFileSchema } from '../domain/prices.ts'
import { trajectorySchema } from '../domain/trajectory.ts'
import { triageFileSchema } from '../domain/triage.ts'
import { verdictSchema } from '../domain/verdict.ts'
import { judgeCallSchema } from '../run/evaluation/judge-record.ts'
import { abortSchema } from '../run/evaluation/ladder.ts'
import { notifyFileSchema } from '../run/notify.ts'
import { manifestSchema } from '../run/plan/agent-folder.ts'
import { programsRecordSchema } from '../run/programs/programs-record.ts'

export interface FileSchema {
  readonly id: string
  readonly about: string
  /** `*` stands for one name; a file of an experiment is given relative to the experiment's folder. */
  readonly files: readonly string[]
  /** Of lines, each line has this form. */
  readonly form: 'json' | 'lines' | 'yaml'
  readonly schema: z.ZodType
}

/** Every file that ptb reads or writes and that has a form, in the order of an experiment's life. */
export const fileSchemas: readonly FileSchema[] = [
  {
    id: 'experiment',
    about: 'experiment file, by the operator',
    files: ['experiment.yaml'],
    form: 'yaml',
    schema: experimentSchema,
  },
  {
    id: 'agent',
    about: "an agent's manifest, beside solve.sh",
    files: ['agent.yaml'],
    form: 'yaml',
    schema: manifestSchema,
  },
  {
    id: 'models',
    about: 'catalogue: base models and their siblings',
    files: ['catalog/models.yaml'],
    form: 'yaml',
    schema: modelsFileSchema,
  },
  {
    id: 'datasets',
    about: 'catalogue: data of benchmarks',
    files: ['catalog/datasets.yaml'],
    form: 'yaml',
    schema: datasetsFileSchema,
  },
  {
    id: 'protocol',
    about: 'catalogue: rules of scoring; recorded beside the runs',
    files: ['catalog/protocols/*.yaml', 'protocols/*.yaml'],
    form: 'yaml',
    schema: protocolSchema,
  },
  {
    id: 'policy',
    about: 'catalogue: from findings to verdicts',
    files: ['catalog/policies/*.yaml'],
    form: 'yaml',
    schema: policySchema,
  },
  {
    id: 'triage',
    about: 'catalogue: what failed runs have in common, and what to do',
    files: ['catalog/triage.yaml'],
    form: 'yaml',
    schema: triageFileSchema,
  },
  {
    id: 'prices',
    about: 'catalogue: what tokens cost',
    files: ['catalog/prices.yaml'],
    form: 'yaml',
    schema: pricesFileSchema,
  },
  {
    id: 'lock',
    about: 'every run and baseline with its full spec',
    files: ['experiment.lock.json'],
    form: 'json',
    schema: lockSchema,
  },
  {
    id: 'run',
    about: 'the frozen spec of a run',
    files: ['runs/*/run.json'],
    form: 'json',
    schema: runFileSchema,
  },
  {
    id: 'journal',
    about: 'the truth about a run: intents and receipts',
    files: ['runs/*/journal.jsonl'],
    form: 'lines',
    schema: journalLineSchema,
  },
  {
    id: 'cancel',
    about: 'the operator wants the run to end',
    files: ['runs/*/cancel.json'],
    form: 'json',
    schema: cancelRequestSchema,
  },
  {
    id: 'events',
    about: "the supervisor's record of an attempt",
    files: ['runs/*/attempts/*/events.jsonl'],
    form: 'lines',
    schema: attemptEventLineSchema,
  },
  {
    id: 'trajectory',
    about: 'what an agent CLI said and did (ATIF 1.7)',
    files: ['runs/*/attempts/*/trajectory.json'],
    form: 'json',
    schema: trajectorySchema,
  },
  {
    id: 'monitor',
    about: 'what the sandbox used, sampled',
    files: ['runs/*/attempts/*/monitor.jsonl'],
    form: 'lines',
    schema: monitorSampleSchema,
  },
  {
    id: 'self-evaluations',
    about: 'evaluations that the agent asked for',
    files: ['runs/*/attempts/*/evaluations.jsonl'],
    form: 'lines',
    schema: selfEvaluationSchema,
  },
  {
    id: 'seal',
    about: 'what was taken over from the agent, with hashes',
    files: ['runs/*/attempts/*/seal.json'],
    form: 'json',
    schema: sealRecordSchema,
  },
  {
    id: 'metrics',
    about: 'result of one evaluation',
    files: ['runs/*/evaluations/*/metrics.json', 'baselines/*/evaluation/metrics.json'],
    form: 'json',
    schema: evaluationMetricsSchema,
  },
  {
    id: 'sample',
    about: 'every item asked, with output and score',
    files: ['runs/*/evaluations/*/samples.jsonl', 'baselines/*/evaluation/samples.jsonl'],
    form: 'lines',
    schema: sampleSchema,
  },
  {
    id: 'judge-call',
    about: 'every call of the grading model, with its reply',
    files: [
      'runs/*/evaluations/*/judge.jsonl',
      'baselines/*/evaluation/judge.jsonl',
      'runs/*/attempts/*/judge-self.jsonl',
    ],
    form: 'lines',
    schema: judgeCallSchema,
  },
  {
    id: 'aborted',
    about: 'attempts at an evaluation that the protocol ended, and why',
    files: ['runs/*/evaluations/*/aborted.jsonl', 'baselines/*/evaluation/aborted.jsonl'],
    form: 'lines',
    schema: abortSchema,
  },
  {
    id: 'programs',
    about: 'where and with what answers were executed',
    files: ['runs/*/evaluations/*/programs.json', 'baselines/*/evaluation/programs.json'],
    form: 'json',
    schema: programsRecordSchema,
  },
  {
    id: 'findings',
    about: 'what the detectors found, with evidence',
    files: ['runs/*/findings.json'],
    form: 'json',
    schema: findingsFileSchema,
  },
  {
    id: 'verdict',
    about: 'a numbered decision; the last one stands',
    files: ['runs/*/verdicts/*.json'],
    form: 'json',
    schema: verdictSchema,
  },
  {
    id: 'result',
    about: 'what became of a run; a cache',
    files: ['runs/*/result.json'],
    form: 'json',
    schema: resultSchema,
  },
  {
    id: 'removal',
    about: 'what ptb gc has removed of a run',
    files: ['runs/*/gc.jsonl'],
    form: 'lines',
    schema: removalSchema,
  },
  {
    id: 'baseline',
    about: 'a catalogue model that is evaluated as it is',
    files: ['baselines/*/baseline.json'],
    form: 'json',
    schema: baselineFileSchema,
  },
  {
    id: 'leaderboard',
    about: 'the leaderboard as last shown',
    files: ['leaderboard.json'],
    form: 'json',
    schema: leaderboardSchema,
  },
  {
    id: 'report',
    about: 'the data in a report page',
    files: [],
    form: 'json',
    schema: reportSchema,
  },
  {
    id: 'notify',
    about: 'whom workers tell; from the experiment file',
    files: ['notify.json'],
    form: 'json',
    schema: notifyFileSchema,
  },
  {
    id: 'notification',
    about: 'what a notify command gets on its stdin',
    files: [],
    form: 'json',
    schema: notificationSchema,
  },
]

/** The schema of a file, given relative to its experiment's folder. */
export function schemaOf(path: string): FileSchema | undefined {
  return fileSchemas.find(({ files }) => files.some((pattern) => matches(pattern, path)))
}

function matches(pattern: string, path: string): boolean {
  const expected = pattern.split('/')
  const names = path.split('/')
  return (
    expected.length === names.length &&
    expected.every((part, index) => {
      const name = names[index] ?? ''
      return part.startsWith('*') ? name.endsWith(part.slice(1)) : part === name
    })
  )
}
