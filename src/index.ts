/** Public API: the contracts that a user's own benchmarks, agents, sandboxes and detectors are written against. */
export type { Agent, AgentCommand, AgentContext } from './domain/agent.ts'
export type { Benchmark, BenchmarkItems, Item, ItemCounts, Score } from './domain/benchmark.ts'
export type { ChatMessage, ChatOutput, ChatRequest, ChatTool } from './domain/chat.ts'
export type { Detector, SealedEvidence } from './domain/detector.ts'
export type { Engine, EngineCommand, EngineSpec } from './domain/engine.ts'
export type { Evidence, Finding } from './domain/finding.ts'
export type { Sandbox, SandboxCommand, SandboxFlags, SandboxProbe, SandboxSpec } from './domain/sandbox.ts'
