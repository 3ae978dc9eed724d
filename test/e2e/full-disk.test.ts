import { describeFullDisk, fullDiskPoints } from '../faults/environment/describe-full-disk.ts'

describeFullDisk(fullDiskPoints)
