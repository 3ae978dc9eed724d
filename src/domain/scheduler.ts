export interface Job {
  /** Unique within the experiment; shown by the scheduler's own tools. */
  readonly name: string
  /** Complete command; it must be able to run after the submitting process has ended. */
  readonly argv: readonly string[]
  readonly cwd: string
  /** Receives the job's own output, appended. */
  readonly logPath: string
}

/**
 * What places runs on machines. One file each under `schedulers/`. How a job fares is read from its run directory;
 * `isGone` only has to notice a job that ended without having written its end there.
 */
export interface Scheduler {
  readonly id: string
  readonly title: string
  /** Returns the scheduler's own name for the job. */
  submit(job: Job): Promise<string>
  isGone(submission: string): Promise<boolean>
}
