import type { Benchmark } from '../domain/benchmark.ts'
import { aime2025 } from './aime2025/index.ts'
import { arenahardwriting } from './arenahardwriting/index.ts'
import { bfcl } from './bfcl/index.ts'
import { gpqamain } from './gpqamain/index.ts'
import { gsm8k } from './gsm8k/index.ts'
import { healthbench } from './healthbench/index.ts'
import { humaneval } from './humaneval/index.ts'
import { nanoArith } from './nano-arith/index.ts'
import { nanoTools } from './nano-tools/index.ts'

export const benchmarks = [
  aime2025,
  arenahardwriting,
  bfcl,
  gpqamain,
  gsm8k,
  healthbench,
  humaneval,
  nanoArith,
  nanoTools,
] as const satisfies readonly Benchmark[]
