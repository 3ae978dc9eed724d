import type { Detector } from '../../domain/detector.ts'
import { changedEvaluation } from './changed-evaluation.ts'
import { checkpointConfig } from './checkpoint-config.ts'
import { contamination } from './contamination.ts'
import { forbiddenFiles } from './forbidden-files.ts'
import { memorisation } from './memorisation.ts'
import { otherModels } from './other-models.ts'
import { secrets } from './secrets.ts'
import { shadowGap } from './shadow-gap.ts'
import { weightLineage } from './weight-lineage.ts'

/** Every detector, in the order in which they look at the evidence. */
export const detectors: readonly Detector[] = [
  forbiddenFiles,
  changedEvaluation,
  checkpointConfig,
  contamination,
  memorisation,
  shadowGap,
  weightLineage,
  otherModels,
  secrets,
]
