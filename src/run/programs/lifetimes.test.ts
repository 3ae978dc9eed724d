import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { findProcesses, until } from '../../../test/sandboxes/bench.ts'
import { createTestPrograms, noPython } from '../../../test/programs/rig.ts'
import { subjects } from '../../../test/sandboxes/subjects.ts'
import { findCgroupParents } from '../../lib/cgroup.ts'
import { socketsFolder } from '../sandbox/sockets-folder.ts'

const timeoutMs = 60_000
const worker = fileURLToPath(new URL('../../../test/programs/lone-worker.ts', import.meta.url))

for (const { title, sandbox, probe } of await subjects())
  describe.skipIf(!probe.available || noPython !== null)(`the end of programs in ${title}`, () => {
    const { flags } = probe

    test('an abort ends programs that run and those that wait, and leaves nothing', async () => {
      const stop = new AbortController()
      const { mark, owner, source } = sleeper()
      await using programs = createTestPrograms({ sandbox, flags }, { owner, signal: stop.signal, cores: 2 })
      const all = Promise.allSettled([
        programs.run({ source, timeoutMs }),
        programs.check({ source, entryPoint: 'f', tests: `candidate() # ${mark}`, timeoutMs }),
        programs.run({ source, timeoutMs }),
      ])
      await until(() => findProcesses(mark).length > 0)
      stop.abort(new Error('enough'))
      expect(
        (await all).map((result) => (result.status === 'rejected' ? String(result.reason) : 'done')),
      ).toEqual(Array(3).fill('Error: enough'))
      expect(findProcesses(mark)).toEqual([])
    })

    test('disposing ends what runs, and removes folders and control groups', async () => {
      const { mark, owner, source } = sleeper()
      const programs = createTestPrograms({ sandbox, flags }, { owner })
      const run = programs.run({ source, timeoutMs }).then(
        () => 'done',
        () => 'ended',
      )
      await until(() => findProcesses(mark).length > 0)
      await programs[Symbol.asyncDispose]()
      expect(await run).toBe('ended')
      expect(findProcesses(mark)).toEqual([])
      expect(existsSync(socketsFolder(`${owner}/programs`))).toBe(false)
      expect(groupsOf(owner)).toEqual([])
    })

    test('nothing outlives a harness that was killed', async () => {
      const { mark, owner, source } = sleeper()
      const harness = spawn(process.execPath, [worker, title, owner, source], { stdio: 'ignore' })
      await until(() => findProcesses(mark).filter((pid) => pid !== harness.pid).length > 0, 20_000)
      harness.kill('SIGKILL')
      await until(() => findProcesses(mark).length === 0)

      await using programs = createTestPrograms({ sandbox, flags }, { owner })
      await programs.run({ source: 'pass', timeoutMs })
      expect(groupsOf(owner)).toEqual([])
    })
  })

/** A program that can be found in the machine's list of processes. */
function sleeper(): { readonly mark: string; readonly owner: string; readonly source: string } {
  const mark = `sleeper-${process.pid}-${Math.random()}`
  const source = `import time\ndef f(): time.sleep(1000)\nif __name__ == "__main__": f() # ${mark}`
  return { mark, owner: mark, source }
}

/** Control groups on this machine, which the next harness removes where it can make some. */
function groupsOf(owner: string): string[] {
  const prefix = `ptb-program-${basename(socketsFolder(`${owner}/programs`))}-`
  return findCgroupParents().flatMap(({ folders }) =>
    Object.values(folders).flatMap((folder) => readdirSync(folder).filter((name) => name.startsWith(prefix))),
  )
}
