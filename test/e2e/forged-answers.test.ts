import { describePublishedWays } from '../faults/programs/describe-forged-answers.ts'

describePublishedWays()
