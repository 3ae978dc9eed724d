/** Public API: what a user's `ptb.config.ts` and the leaves in it are written with. */
import type { Agent } from './domain/agent.ts'
import type { Benchmark } from './domain/benchmark.ts'
import type { Config } from './domain/config.ts'
import type { Detector } from './domain/detector.ts'
import type { Engine } from './domain/engine.ts'
import type { PublishedTask } from './domain/published-task.ts'
import type { Sandbox } from './domain/sandbox.ts'

export type { Agent, AgentCommand, AgentContext } from './domain/agent.ts'
export type {
  Benchmark,
  BenchmarkItems,
  Item,
  ItemCounts,
  LoadOptions,
  Score,
  ScoredSample,
  ScoreSummary,
  ScoringProgram,
} from './domain/benchmark.ts'
export type { ChatMessage, ChatOutput, ChatRequest, ChatTool, ChatToolCall } from './domain/chat.ts'
export type { Config } from './domain/config.ts'
export type { Detector, SealedEvidence } from './domain/detector.ts'
export type { Engine, EngineCommand, EngineSpec } from './domain/engine.ts'
export type { EvaluationMetrics, SetMetrics } from './domain/evaluation.ts'
export type { Evidence, Finding } from './domain/finding.ts'
export type { PublishedTask } from './domain/published-task.ts'
export type {
  Limits,
  Mount,
  Sandbox,
  SandboxCommand,
  SandboxFlags,
  SandboxProbe,
  SandboxSpec,
} from './domain/sandbox.ts'
export type {
  DataFiles,
  Judge,
  JudgeRequest,
  ProgramResult,
  Programs,
  ScoringRules,
  ScoringTools,
} from './domain/scoring.ts'
export type { SealRecord } from './domain/seal.ts'

// Each returns what it is given: an editor then knows the shape while it is being written.

export function defineConfig<const T extends Config>(config: T): T {
  return config
}

export function defineBenchmark<const T extends Benchmark>(benchmark: T): T {
  return benchmark
}

/** A benchmark in the published format: a folder with `evaluate.py`, `benchmark.txt` and, perhaps, `task_context/`. */
export function publishedTask(
  path: string,
  options: Omit<PublishedTask, 'kind' | 'path'> = {},
): PublishedTask {
  return { kind: 'published', path, ...options }
}

export function defineDetector<const T extends Detector>(detector: T): T {
  return detector
}

export function defineAgent<const T extends Agent>(agent: T): T {
  return agent
}

export function defineEngine<const T extends Engine>(engine: T): T {
  return engine
}

export function defineSandbox<const T extends Sandbox>(sandbox: T): T {
  return sandbox
}
