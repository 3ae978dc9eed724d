import { findTrajectoryFormat } from '../../src/agents/trajectory-registry.ts'
import { createTrajectoryReader } from '../../src/agents/trajectory-reader.ts'
import type { AgentExit } from '../../src/domain/end-reason.ts'
import type { BuiltTrajectory } from '../../src/domain/trajectory-builder.ts'
import { trajectorySchema } from '../../src/domain/trajectory.ts'

/** What a transcript of these events, or lines, becomes; it is valid. */
export function readEvents(agent: string, events: readonly unknown[], exit: AgentExit = {}): BuiltTrajectory {
  const reader = createTrajectoryReader({ format: findTrajectoryFormat(agent) })
  for (const event of events)
    reader.push(Buffer.from(`${typeof event === 'string' ? event : JSON.stringify(event)}\n`))
  const built = reader.end(exit)
  trajectorySchema.parse(JSON.parse(JSON.stringify(built.trajectory)))
  return built
}
