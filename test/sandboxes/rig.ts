import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { insidePath, type Sandbox, type SandboxFlags } from '../../src/domain/sandbox.ts'
import { payloadUser, startOn, type Bench, type TestRun, type TestRunOptions } from './bench.ts'

/** One sandbox under test. */
export interface Rig {
  readonly title: string
  readonly sandbox: Sandbox
  readonly flags: SandboxFlags
  readonly bench: Bench
  start(argv: readonly string[], options?: TestRunOptions): Promise<TestRun>
  shell(script: string, options?: TestRunOptions): Promise<TestRun>
  node(script: string, options?: TestRunOptions): Promise<TestRun>
  /** Skips the test, saying so, when the sandbox does not promise this. */
  needs(context: TestContext, flag: 'isolatesFiles' | 'isolatesNetwork' | 'isolatesProcesses'): void
  /** Whether what is known of this run allows to prove that nothing of it is alive, and the sandbox therefore must. */
  provable(run: TestRun): boolean
  /** Path inside of a socket in the bench's folder of sockets. */
  inSockets(name: string): string
}

/** The bench is made before the tests but after they were declared. */
export function createRig(title: string, sandbox: Sandbox, flags: SandboxFlags, bench: () => Bench): Rig {
  const start = (argv: readonly string[], options?: TestRunOptions): Promise<TestRun> =>
    startOn(bench(), sandbox, flags, argv, options)
  return {
    title,
    sandbox,
    flags,
    get bench() {
      return bench()
    },
    start,
    shell: (script, options) => start(['/bin/sh', '-c', script], options),
    node: (script, options) =>
      start([flags.isolatesFiles ? '/opt/ptb/guard/node' : process.execPath, '-e', script], options),
    needs(context, flag) {
      if (!flags[flag]) context.skip(`${title}: ${flag} is not promised here`)
    },
    provable: (run) =>
      (flags.isolatesFiles || payloadUser !== null) &&
      (flags.isolatesProcesses || run.process.limits.cgroup !== null),
    inSockets: (name) =>
      join(insidePath(flags, { source: bench().socketDir, target: '/run/ptb', mode: 'rw' }), name),
  }
}
