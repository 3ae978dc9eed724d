import type { Benchmark } from '../domain/benchmark.ts'
import { nanoArith } from './nano-arith/index.ts'
import { nanoTools } from './nano-tools/index.ts'

export const benchmarks = [nanoArith, nanoTools] as const satisfies readonly Benchmark[]
