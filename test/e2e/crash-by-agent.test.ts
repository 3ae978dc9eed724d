import { agentFaults, describeAgentFaults } from '../faults/crash/describe-agent-faults.ts'
import { sandboxes } from '../../src/sandboxes/registry.ts'

describeAgentFaults(sandboxes, agentFaults)
