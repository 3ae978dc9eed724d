import { createTrajectoryReader } from '../../src/agents/trajectory-reader.ts'
import { createDataFiles } from '../../src/data/data-files.ts'
import { fileURLToPath } from 'node:url'
import { custom } from '../../src/agents/custom.ts'
import type { EngineSpec, LocalEngine } from '../../src/domain/engine.ts'
import { readJudgeAccess } from '../../src/cli/judge-access.ts'
import { BenchError } from '../../src/domain/error.ts'
import { detectors } from '../../src/integrity/detectors/registry.ts'
import { runCommand } from '../../src/lib/process.ts'
import { readCatalog } from '../../src/run/catalog.ts'
import type { Harness } from '../../src/run/harness.ts'
import { sandboxes } from '../../src/sandboxes/registry.ts'
import { ensureBundles } from '../../src/setup/bundles.ts'
import { countingBenchmark, judgedBenchmark } from './benchmark.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

interface FakeHarnessOptions {
  readonly engine?: Partial<Pick<LocalEngine, 'readyTimeoutMs' | 'stallTimeoutMs'>> & {
    /** One of engine-faults.mjs, whatever the checkpoint. */
    readonly fault?: string
    /** Starts of the engine, from the first, that have the fault. Default all. */
    readonly faultyStarts?: number
  }
}

/**
 * The real thing but for the benchmark and the engine: real sandboxes, processes, seals and detectors, and a catalogue
 * in a folder of the test's. `ptb` is test/fakes/ptb.ts, so that workers and supervisors are real processes too.
 */
export function createFakeHarness(catalogPath: string, options: FakeHarnessOptions = {}): Harness {
  let starts = 0
  const { fault, faultyStarts = Infinity, ...times } = options.engine ?? {}
  return {
    version: 'test',
    ptb: [process.execPath, `${here}ptb.ts`, catalogPath],
    agents: [custom],
    benchmarks: [countingBenchmark, judgedBenchmark],
    engines: [
      {
        id: 'echo',
        title: 'Echo',
        flags: { gpu: false, parsesTools: false },
        readyTimeoutMs: 30_000,
        concurrency: 4,
        ...times,
        command: (spec: EngineSpec) => ({
          argv: [
            'sh',
            '-c',
            // The guard's Node, where there is a sandbox to find it in.
            'node=/opt/ptb/guard/node; test -x $node || node=$0; exec "$node" "$@"',
            process.execPath,
            `${spec.environmentPath}/engine-server.mjs`,
            '--model',
            spec.modelPath,
            '--port',
            String(spec.port),
            ...(fault === undefined || starts++ >= faultyStarts ? [] : ['--fault', fault]),
          ],
          env: {},
        }),
      },
    ],
    sandboxes,
    detectors,
    catalog: () => readCatalog(catalogPath),
    data: createDataFiles(),
    judge: () => readJudgeAccess(),
    trajectoryReader: () => createTrajectoryReader({ format: null }),
    environmentsPath: here,
    python: async () => ({ python: await systemPython(), path: '' }),
    bundles: ensureBundles,
  }
}

async function systemPython(): Promise<string> {
  const { stdout } = await runCommand(['python3', '-c', 'import sys; print(sys.executable)'])
  if (stdout === '') throw new BenchError('no python3', { code: 'test/no_python', kind: 'environment' })
  return stdout.trim()
}
