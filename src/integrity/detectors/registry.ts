import type { Detector } from '../../domain/detector.ts'
import { contamination } from './contamination.ts'
import { forbiddenFiles } from './forbidden-files.ts'
import { shadowGap } from './shadow-gap.ts'
import { weightLineage } from './weight-lineage.ts'

/** Every detector, in the order in which they look at the evidence. */
export const detectors: readonly Detector[] = [forbiddenFiles, contamination, weightLineage, shadowGap]
