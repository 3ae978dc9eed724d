import type { Benchmark, BenchmarkItems } from '../domain/benchmark.ts'
import { BenchError } from '../domain/error.ts'
import { itemCounts, type Protocol } from '../domain/protocol.ts'
import type { RunSpec } from '../domain/run-spec.ts'
import { hashJson } from '../lib/hash.ts'
import { findLeaf, type Harness } from './harness.ts'
import { readTaskFolder } from './published/task-folder.ts'

/** A benchmark and the items that a run was planned with. A benchmark may read them from files, which may have changed. */
export async function readItems(
  harness: Harness,
  locked: RunSpec['benchmark'],
  protocol: Protocol,
): Promise<{ readonly benchmark: Benchmark; readonly items: BenchmarkItems }> {
  const benchmark = findLeaf('benchmark', harness.benchmarks, locked.id)
  const items = await loadItems(harness, benchmark, protocol)
  if ((await hashBasis(benchmark, items)) === locked.itemsHash) return { benchmark, items }
  throw new BenchError(`the items of the benchmark "${locked.id}" have changed since the run was planned`, {
    code: 'benchmark/changed',
    kind: 'environment',
    remedy: 'Undo the change, or raise its version and give the experiment a new name.',
  })
}

export function loadItems(
  { data }: Harness,
  benchmark: Benchmark,
  protocol: Protocol,
): Promise<BenchmarkItems> {
  return benchmark.load({
    seed: protocol.itemSeed,
    counts: itemCounts(protocol),
    rules: protocol.scoring,
    data,
  })
}

/** Of what scores rest on: the items, or the folder of the program that measures in their place. */
export async function hashBasis({ program }: Benchmark, items: BenchmarkItems): Promise<string> {
  return program === undefined ? hashItems(items) : (await readTaskFolder(program.path)).hash
}

export function hashItems({ test, shadow }: BenchmarkItems): string {
  return hashJson({ test, shadow })
}
