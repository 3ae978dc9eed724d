import type { Agent } from '../domain/agent.ts'
import { custom } from './custom.ts'

export const agents: readonly Agent[] = [custom]
