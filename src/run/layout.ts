import { join } from 'node:path'

/** Where everything of a run lies. Nothing else builds these paths, and nothing parses them. */
export interface RunLayout {
  readonly root: string
  readonly runFile: string
  readonly journal: string
  /** One file per worker that ever owned the run, claimed by exclusive create. */
  readonly epochs: string
  readonly cancelRequest: string
  readonly findings: string
  readonly verdicts: string
  readonly result: string
  readonly workerLog: string
  readonly evaluations: string
}

export function runLayout(root: string): RunLayout {
  return {
    root,
    runFile: join(root, 'run.json'),
    journal: join(root, 'journal.jsonl'),
    epochs: join(root, 'epochs'),
    cancelRequest: join(root, 'cancel.json'),
    findings: join(root, 'findings.json'),
    verdicts: join(root, 'verdicts'),
    result: join(root, 'result.json'),
    workerLog: join(root, 'worker.log'),
    evaluations: join(root, 'evaluations'),
  }
}

export interface AttemptLayout {
  readonly root: string
  /** The agent's copy of its folder, read-only to it. */
  readonly agent: string
  /** The workspace while the agent lives; sealed into `workspace` and `final_model`, then removed. */
  readonly live: string
  readonly workspace: string
  readonly finalModel: string
  readonly seal: string
  readonly prompt: string
  /** Of ours, where the protocol forces one by the base model's family. */
  readonly chatTemplate: string
  readonly events: string
  readonly agentLog: string
  readonly trajectory: string
  readonly monitor: string
  readonly selfEvaluations: string
  /** What a judge said of them. */
  readonly selfEvaluationJudge: string
  readonly supervisorLog: string
  /** Exists once an agent may have been started: an attempt never starts a second one. */
  readonly started: string
  /** The run's evaluation, if it was of this attempt and another attempt has followed. */
  readonly pastEvaluation: string
}

export function attemptLayout(runRoot: string, attempt: number): AttemptLayout {
  return layoutBelow(join(attemptsPath(runRoot), String(attempt)))
}

export function attemptsPath(runRoot: string): string {
  return join(runRoot, 'attempts')
}

/** Ends the name of what is not finished: only its writer relies on it, and whoever finds it left behind may remove it. */
export const partialSuffix = '.partial'

/** Where an attempt is laid out before it appears, whole, under its number. */
export function stagedAttemptLayout(runRoot: string, attempt: number, mark: string): AttemptLayout {
  return layoutBelow(join(attemptsPath(runRoot), `${attempt}-${mark}${partialSuffix}`))
}

function layoutBelow(root: string): AttemptLayout {
  return {
    root,
    agent: join(root, 'agent'),
    live: join(root, 'live'),
    workspace: join(root, 'workspace'),
    finalModel: join(root, 'final_model'),
    seal: join(root, 'seal.json'),
    prompt: join(root, 'prompt.md'),
    chatTemplate: join(root, 'chat_template.jinja'),
    events: join(root, 'events.jsonl'),
    agentLog: join(root, 'agent.log'),
    trajectory: join(root, 'trajectory.json'),
    monitor: join(root, 'monitor.jsonl'),
    selfEvaluations: join(root, 'evaluations.jsonl'),
    selfEvaluationJudge: join(root, 'judge-self.jsonl'),
    supervisorLog: join(root, 'supervisor.log'),
    started: join(root, 'started'),
    pastEvaluation: join(root, 'evaluation'),
  }
}

/** Folder of the `k`-th evaluation under a protocol. */
export function evaluationPath(runRoot: string, protocol: string, k: number): string {
  return join(runRoot, 'evaluations', `${protocol}-${k}`)
}

/** The template that the protocol forced on the model, where it was one of ours. */
export function evaluationTemplatePath(evaluation: string): string {
  return join(evaluation, 'chat_template.jinja')
}

/** Every call of the judge and its reply. */
export function judgeRecordPath(evaluation: string): string {
  return join(evaluation, 'judge.jsonl')
}

/** Where a program of the published format works while it measures the model. */
export function programWorkPath(evaluation: string): string {
  return join(evaluation, 'program')
}
