import { describeFullDisk } from './describe-full-disk.ts'

/** One in each phase; all of them are in the long tier. */
describeFullDisk([
  'worker:after:intent prepare/workspace',
  'supervise:after:agent_started',
  'worker:after:intent seal/workspace',
  'worker:after:intent evaluate/final',
  'worker:before:finished',
])
