import { describeEngineFaults } from './describe-engine-faults.ts'

/** One of each kind; all of them are in the long tier. */
describeEngineFaults(['dies', 'hangs', 'null-content', 'storm-500'])
