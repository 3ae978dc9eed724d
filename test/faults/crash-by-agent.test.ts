import { agentFaults, describeAgentFaults } from './crash/describe-agent-faults.ts'
import { findSandbox } from './environment/find-sandbox.ts'

/** Those that no other test of the default tier has; all of them are in the long tier. */
const names = new Set(['kills its guard', 'kills whatever it sees', 'talks nonsense to its supervisor'])
describeAgentFaults(
  [(await findSandbox()).sandbox],
  agentFaults.filter(({ name }) => names.has(name)),
)
