import { describeHumaneval } from '../programs/describe-humaneval.ts'

describeHumaneval({ every: 1 })
