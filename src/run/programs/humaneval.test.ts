import { describeHumaneval } from '../../../test/programs/describe-humaneval.ts'

/** All of them are in the long tier. */
describeHumaneval({ every: 16 })
