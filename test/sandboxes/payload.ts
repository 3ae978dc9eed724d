import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { insidePath } from '../../src/domain/sandbox.ts'
import { findProcesses, payloadUser, until } from './bench.ts'
import type { Rig } from './rig.ts'

export function describePayload(rig: Rig): void {
  describe('the payload', { concurrent: false }, () => {
    test('gets exactly the environment it was given', async () => {
      await using run = await rig.start(['/usr/bin/env'], {
        env: { ONLY: 'this', HOME: '/home/agent', ODD: 'a b\n"$x' },
      })
      const lines = (await run.finish()).stdout.split('\n').filter((line) => !/^PTB_SANDBOX=\w+$/.test(line))
      expect(lines.sort()).toEqual(['', '"$x', 'HOME=/home/agent', 'ODD=a b', 'ONLY=this'].sort())
    })

    test('starts in its folder and may write there', async () => {
      await using run = await rig.shell('pwd; echo mine > made')
      expect((await run.finish()).stdout).toBe(`${insidePath(rig.flags, rig.bench.workspace)}\n`)
      expect(readFileSync(join(rig.bench.workspace.source, 'made'), 'utf8')).toBe('mine\n')
    })

    test('ends with its exit code or its signal', async () => {
      await using first = await rig.shell('exit 7')
      expect(await first.finish()).toMatchObject({ code: 7, signal: null, reported: true })
      await using second = await rig.shell('kill -SEGV $$')
      expect(await second.finish()).toMatchObject({ code: null, signal: 'SIGSEGV', reported: true })
    })

    test('has its two outputs apart and complete, and can open them by name', async () => {
      await using run = await rig.shell(
        'echo one; echo two >&2; echo three > /dev/stderr; head -c 3000000 /dev/zero',
      )
      const { stdout, stderr } = await run.finish()
      expect(stderr).toBe('two\nthree\n')
      expect(stdout).toHaveLength(3_000_004)
    })

    test('is unprivileged', async () => {
      await using run = await rig.shell(
        'id -u; grep -E "^Cap(Prm|Eff|Amb)" /proc/self/status; grep NoNewPrivs /proc/self/status',
      )
      const [uid, ...lines] = (await run.finish()).stdout.trim().split('\n')
      expect(uid).toBe(String(payloadUser?.uid ?? process.getuid?.()))
      expect(lines.slice(0, 3).map((line) => line.replace(/^\w+:\s*/, ''))).toEqual(
        Array(3).fill('0'.repeat(16)),
      )
      expect(lines[3]).toMatch(rig.flags.isolatesProcesses ? /\s1$/ : /NoNewPrivs/)
    })

    test('leaves no zombies behind while it runs', async (context) => {
      rig.needs(context, 'isolatesProcesses')
      await using run = await rig.shell(
        'for i in 1 2 3; do (true & exec true) & done; wait; sleep 0.3; cat /proc/[0-9]*/status | grep -c "^State:.Z"',
      )
      expect((await run.finish()).stdout).toBe('0\n')
    })

    test('cannot be given what it cannot execute', async () => {
      await expect(rig.start(['/no/such/program'])).rejects.toMatchObject({ code: 'sandbox/start_failed' })
      await until(() => findProcesses(rig.bench.folder).length === 0)
    })
  })
}
