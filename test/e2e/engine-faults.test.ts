import { describeEngineFaults, engineFaults } from '../faults/environment/describe-engine-faults.ts'

describeEngineFaults(Object.keys(engineFaults))
