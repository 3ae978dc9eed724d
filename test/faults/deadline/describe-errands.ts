import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SandboxUser } from '../../../src/domain/sandbox.ts'
import { createBench, payloadUser, startOn, until } from '../../sandboxes/bench.ts'
import {
  escapeLock,
  escapeMark,
  escapes,
  readReplies,
  renderEscapes,
  type Escape,
} from '../../sandboxes/escapes.ts'
import type { Subject } from '../../sandboxes/subjects.ts'
import { createWitness } from '../../sandboxes/witness.ts'

/** Whom the agent is: who the harness is, who may ask the daemons of that user, or somebody apart. */
const users: readonly { readonly title: string; readonly user: SandboxUser | null }[] =
  payloadUser === null
    ? [{ title: "the harness's own user", user: null }]
    : [
        { title: 'a user apart', user: payloadUser },
        { title: 'root', user: { uid: 0, gid: 0 } },
      ]

const leaver = findEscape('another control group')

function findEscape(name: string): Escape {
  const found = escapes.find((escape) => escape.name === name)
  if (found === undefined) throw new Error(`no escape ${name}`)
  return found
}

/** A daemon such as atd, which starts what it finds in a folder of its user, is no part of any sandbox. */
export function describeErrands({ title, sandbox, probe }: Subject): void {
  describe(`errands in ${title}`, () => {
    // Where files are isolated a payload is never root.
    it.each(probe.flags.isolatesFiles ? users.slice(0, 1) : users)(
      'of $title to a daemon outside are impossible, or nothing is proven',
      async ({ user }) => {
        await using bench = await createBench()
        const spool = join(bench.folder, 'spool')
        await mkdir(spool, { mode: 0o700 })
        const lockPath = join(bench.folder, 'lock')
        await writeFile(lockPath, '')
        if (user !== null) await chmod(bench.workspace.source, 0o777)
        const mark = `${escapeMark}=${bench.folder}`
        using witness = createWitness(mark, lockPath)

        await using run = await startOn(
          bench,
          sandbox,
          probe.flags,
          ['/bin/sh', '-c', `echo sleep 60 > ${spool}/job; echo asked; while :; do sleep 1; done`],
          user === null ? {} : { user },
        )
        await until(() => run.stdout() === 'asked\n')
        const asked = existsSync(join(spool, 'job'))
        if (asked)
          spawn('/bin/sh', [join(spool, 'job')], {
            env: { [escapeMark]: bench.folder },
            detached: true,
          }).unref()

        await run.process.kill()
        const proof = await run.process.proveDead(10_000)
        if (asked) await until(() => witness.survivors().length > 0)
        witness.killSurvivors()
        expect(proof.left).toEqual([])
        // Root on the host can do more than this test tries, so that it is never proven.
        const apart = probe.flags.isolatesFiles || (user !== null && user.uid !== 0)
        expect({ asked, proven: proof.proven }).toEqual({
          asked: !apart,
          proven: apart && (probe.flags.isolatesProcesses || run.process.limits.cgroup !== null),
        })
        expect(proof.method.includes('; but it was')).toBe(!apart)
      },
    )

    it('of root that has left its control group end all the same, and nothing is proven', async (context) => {
      if (probe.flags.isolatesFiles || payloadUser === null)
        context.skip(`${title}: no payload is root here, or sees control groups`)
      await using bench = await createBench()
      const script = `cd ${bench.workspace.source}; ${renderEscapes([leaver])}; while :; do sleep 1; done`
      await using run = await startOn(bench, sandbox, probe.flags, ['/bin/sh', '-c', script], {
        user: { uid: 0, gid: 0 },
        env: { PATH: '/usr/bin:/bin', [escapeMark]: bench.folder },
      })
      await until(() => readReplies(run.stdout()).size === 1, 20_000)
      const why = readReplies(run.stdout()).get(leaver)
      if (why !== null) context.skip(`${title}: ${why}`)
      using witness = createWitness(`${escapeMark}=${bench.folder}`, join(bench.workspace.source, escapeLock))
      const left = witness
        .look()
        .filter(({ pid }) => run.process.limits.cgroup?.members().includes(pid) === false)
      await run.process.kill()
      const proof = await run.process.proveDead(10_000)
      const survivors = witness.survivors()
      witness.killSurvivors()
      expect(left).not.toEqual([])
      expect({ survivors, proof }).toMatchObject({ survivors: [], proof: { proven: false, left: [] } })
    })
  })
}
