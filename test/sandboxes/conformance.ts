import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createConnection, createServer as createSocketServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest'
import { insidePath, type Sandbox, type SandboxProbe } from '../../src/domain/sandbox.ts'
import { pidNamespaceOf } from '../../src/lib/process-scan.ts'
import {
  createBench,
  findProcesses,
  payloadUser,
  startOn,
  type Bench,
  type TestRun,
  type TestRunOptions,
} from './bench.ts'

/** What every sandbox must do; what its flags do not promise is skipped with the reason. */
export function describeSandbox(title: string, sandbox: Sandbox, probe: SandboxProbe): void {
  const who = payloadUser === null ? 'as an ordinary user' : 'as root'
  describe.skipIf(!probe.available)(
    `${title} ${who}${probe.available ? '' : ` (${probe.detail}. ${probe.remedy ?? ''})`}`,
    () => {
      const { flags } = probe
      let bench: Bench
      beforeAll(async () => {
        bench = await createBench()
      })
      afterAll(() => bench[Symbol.asyncDispose]())

      const start = (argv: readonly string[], options?: TestRunOptions): Promise<TestRun> =>
        startOn(bench, sandbox, flags, argv, options)
      const shell = (script: string, options?: TestRunOptions): Promise<TestRun> =>
        start(['/bin/sh', '-c', script], options)
      const node = (script: string, options?: TestRunOptions): Promise<TestRun> =>
        start([flags.isolatesFiles ? '/opt/ptb/guard/node' : process.execPath, '-e', script], options)
      const needs = (
        context: TestContext,
        flag: 'isolatesFiles' | 'isolatesNetwork' | 'isolatesProcesses',
      ): void => {
        if (!flags[flag]) context.skip(`${title}: ${flag} is not promised here`)
      }
      const guardOf = (run: TestRun): number => {
        const [member] = run.process.members()
        const namespace = pidNamespaceOf(member ?? 0)
        const socket = insidePath(flags, { source: bench.socketDir, target: '/run/ptb', mode: 'rw' })
        const guard = findProcesses(`guard.mjs ${socket}/guard.sock`)
          .filter((pid) => pidNamespaceOf(pid) === namespace)
          .find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1]?.endsWith('guard.mjs'))
        if (guard === undefined) throw new Error('no guard found')
        return guard
      }

      describe('the payload', () => {
        test('gets exactly the environment it was given', async () => {
          await using run = await start(['/usr/bin/env'], {
            env: { ONLY: 'this', HOME: '/home/agent', ODD: 'a b\n"$x' },
          })
          const lines = (await run.finish()).stdout
            .split('\n')
            .filter((line) => !/^PTB_SANDBOX=\w+$/.test(line))
          expect(lines.sort()).toEqual(['', '"$x', 'HOME=/home/agent', 'ODD=a b', 'ONLY=this'].sort())
        })

        test('starts in its folder and may write there and nowhere else', async () => {
          const library = insidePath(flags, bench.library)
          await using run = await shell(
            `pwd; echo mine > made; cat ${library}/book; touch ${library}/new || echo refused; touch /new || echo refused`,
          )
          expect((await run.finish()).stdout).toBe(
            `${insidePath(flags, bench.workspace)}\nto be readrefused\nrefused\n`,
          )
          expect(readFileSync(join(bench.workspace.source, 'made'), 'utf8')).toBe('mine\n')
        })

        test('ends with its exit code or its signal', async () => {
          await using first = await shell('exit 7')
          expect(await first.finish()).toMatchObject({ code: 7, signal: null, reported: true })
          await using second = await shell('kill -SEGV $$')
          expect(await second.finish()).toMatchObject({ code: null, signal: 'SIGSEGV', reported: true })
        })

        test('has its two outputs apart and complete, and can open them by name', async () => {
          await using run = await shell(
            'echo one; echo two >&2; echo three > /dev/stderr; head -c 3000000 /dev/zero',
          )
          const { stdout, stderr } = await run.finish()
          expect(stderr).toBe('two\nthree\n')
          expect(stdout).toHaveLength(3_000_004)
        })

        test('is unprivileged', async () => {
          await using run = await shell(
            'id -u; grep -E "^Cap(Prm|Eff|Amb)" /proc/self/status; grep NoNewPrivs /proc/self/status',
          )
          const [uid, ...lines] = (await run.finish()).stdout.trim().split('\n')
          expect(uid).toBe(String(payloadUser?.uid ?? process.getuid?.()))
          expect(lines.slice(0, 3).map((line) => line.replace(/^\w+:\s*/, ''))).toEqual(
            Array(3).fill('0'.repeat(16)),
          )
          expect(lines[3]).toMatch(flags.isolatesProcesses ? /\s1$/ : /NoNewPrivs/)
        })

        test('cannot be given what it cannot execute', async () => {
          await expect(start(['/no/such/program'])).rejects.toMatchObject({ code: 'sandbox/start_failed' })
          await expect.poll(() => findProcesses(bench.folder)).toEqual([])
        })
      })

      describe('files', () => {
        test('of the host, its users and other runs are not there', async (context) => {
          needs(context, 'isolatesFiles')
          await using run = await shell(`cat ${bench.otherRun}/secret; ls -A / /home /tmp /run`)
          const { stdout, stderr } = await run.finish()
          expect(stderr).toContain('No such file')
          expect(stdout).not.toContain('secret')
          expect(stdout.split('\n\n')).toEqual([
            expect.not.stringMatching(/^(root|work|srv|mnt|media|boot|sys)$/m),
            '/home:\nagent',
            '/run:\nptb',
            '/tmp:\n',
          ])
        })

        test('cannot be remounted for writing, not in a user namespace either', async (context) => {
          needs(context, 'isolatesFiles')
          await using run = await shell(
            'mount -o remount,rw /usr && echo done; unshare -Urm sh -c "mount -o remount,rw,bind /usr && echo done; umount /usr && echo done"; touch /usr/x && echo done; echo end',
          )
          expect((await run.finish()).stdout).toBe('end\n')
        })

        test('that programs need are there: accounts, certificates, devices, shared memory', async (context) => {
          needs(context, 'isolatesFiles')
          await using run = await shell(
            'id -un; hostname; echo x > /dev/shm/x && echo x > /tmp/x && echo x > /var/tmp/x && head -c 1 /dev/urandom > /dev/null && test -t 0 || echo ok; getent hosts localhost | grep -c localhost; ls /dev/disk /dev/vda /dev/sda',
            { env: { PATH: '/usr/bin:/bin', HOME: '/home/agent' } },
          )
          expect((await run.finish()).stdout).toBe('agent\nsandbox\nok\n1\n')
        })
      })

      describe('network', () => {
        const probeScript = (port: number): string =>
          `fetch('http://127.0.0.1:${port}').then(async r => console.log(await r.text()), () => console.log('refused'))`

        test('that is isolated reaches nothing of the host', async (context) => {
          needs(context, 'isolatesNetwork')
          await using server = await listen()
          await using run = await node(
            `${probeScript(server.port)}.then(() => console.log(Object.keys(os.networkInterfaces()).join()))`,
          )
          expect((await run.finish()).stdout).toBe('refused\nlo\n')
        })

        test('that is open reaches the host', async () => {
          await using server = await listen()
          await using run = await node(probeScript(server.port), { network: 'open' })
          expect((await run.finish()).stdout).toBe('hello from the host\n')
        })

        test('is bridged from a port inside to a socket of the harness', async () => {
          const socketPath = join(bench.socketDir, 'echo.sock')
          const echo = createSocketServer({ allowHalfOpen: true }, (client) => client.pipe(client))
          await once(echo.listen(socketPath), 'listening')
          const port = 20_000 + (process.pid % 10_000)
          await using run = await node(
            `const c = net.connect(${port}, '127.0.0.1'); let n = 0; c.end('x'.repeat(1e6)); c.on('data', d => n += d.length); c.on('end', () => console.log(n))`,
            { exposes: [{ port, socketPath: inSockets('echo.sock') }] },
          )
          expect((await run.finish()).stdout).toBe('1000000\n')
          echo.close()
        })

        test('is bridged from a socket of the harness to a port inside', async () => {
          const port = 30_000 + (process.pid % 10_000)
          await using run = await node(
            `http.createServer((q, r) => r.end('served inside ' + q.url)).listen(${port}, '127.0.0.1', () => console.log('up'))`,
            { forwards: [{ socketPath: inSockets('engine.sock'), port }] },
          )
          await expect.poll(run.stdout).toBe('up\n')
          const client = createConnection(join(bench.socketDir, 'engine.sock'))
          client.end('GET /x HTTP/1.0\r\n\r\n')
          expect(Buffer.concat(await client.toArray()).toString()).toContain('served inside /x')
          await rm(join(bench.socketDir, 'engine.sock'), { force: true })
        })

        const inSockets = (name: string): string =>
          join(insidePath(flags, { source: bench.socketDir, target: '/run/ptb', mode: 'rw' }), name)
      })

      describe('the end', () => {
        /** Ignores TERM, holds the output, has left its parent, its session and its group; and a polite one. */
        const stubborn =
          'trap "" TERM; (setsid sh -c "trap \\"\\" TERM; while :; do date +%s%N > beat; sleep 0.05; done" &) ; ' +
          'while :; do sleep 0.1; done'

        test('is polite first', async () => {
          await using run = await shell(
            'trap "echo goodbye; exit 3" TERM; echo up; while :; do sleep 0.05; done',
          )
          await expect.poll(run.stdout).toBe('up\n')
          await run.process.terminate(3000)
          expect(await run.finish()).toMatchObject({ code: 3, stdout: 'up\ngoodbye\n' })
        })

        test('comes within the grace and 5 s for what ignores it, and is proven', async () => {
          await using run = await shell(stubborn)
          await untilBeating(bench)
          const before = performance.now()
          await run.process.terminate(500)
          expect(run.process.members().length).toBeGreaterThanOrEqual(2)
          await run.process.kill()
          const proof = await run.process.proveDead(5000)
          expect(performance.now() - before).toBeLessThan(5500)
          expect(proof).toMatchObject({ proven: flags.isolatesProcesses, left: [] })
          await expectStopped(bench)
          expect(await run.process.exited).toMatchObject({ signal: 'SIGKILL' })
        })

        test('of the main process leaves its background to be seen and killed', async () => {
          await using run = await shell('setsid sleep 987 & exit 0')
          expect(await run.process.exited).toMatchObject({ code: 0, reported: true })
          await sleep(100)
          expect(run.process.members()).toHaveLength(1)
          expect(await run.process.proveDead(5000)).toMatchObject({ left: [] })
          expect(findProcesses('sleep 987')).toEqual([])
        })

        test('comes by the guard when the supervisor forgets the deadline', async () => {
          await using run = await shell(stubborn, { deadlineInMs: 300, graceMs: 300 })
          await untilBeating(bench)
          const exit = await run.process.exited
          expect(exit.signal ?? `${exit.code}`).toMatch(/SIGKILL|137/)
          expect(run.events).toContainEqual({ event: 'terminating', why: 'deadline' })
          await expectStopped(bench)
        })

        test('comes when the guard is killed', async () => {
          await using run = await shell(stubborn)
          await untilBeating(bench)
          process.kill(guardOf(run), 'SIGKILL')
          expect(await run.process.exited).toMatchObject({ reported: false })
          await expect.poll(() => run.process.members()).toEqual([])
          await expectStopped(bench)
        })

        test('is not hindered by a stopped guard', async () => {
          await using run = await shell(stubborn)
          await untilBeating(bench)
          process.kill(guardOf(run), 'SIGSTOP')
          await run.process.terminate(200)
          expect(await run.process.proveDead(5000)).toMatchObject({
            proven: flags.isolatesProcesses,
            left: [],
          })
          await expectStopped(bench)
        })

        test('is not hindered by a payload that signals everybody', async () => {
          await using run = await shell(
            flags.isolatesProcesses ? 'kill -STOP -1; kill -KILL -1; kill -KILL $$' : 'kill -KILL $$',
          )
          await run.process.exited
          expect(await run.process.proveDead(5000)).toMatchObject({
            proven: flags.isolatesProcesses,
            left: [],
          })
        })

        test.for(['running', 'stopped'] as const)(
          'comes when the supervisor is killed, guard %s',
          async (state, context) => {
            if (state === 'stopped') needs(context, 'isolatesProcesses')
            const supervisor = spawn(
              process.execPath,
              [
                join(import.meta.dirname, 'lone-supervisor.ts'),
                sandbox.id,
                `${stubborn} # ${title} ${state}`,
              ],
              { stdio: ['ignore', 'pipe', 'inherit'] },
            )
            const [line]: unknown[] = await once(supervisor.stdout, 'data')
            const [folder = '', member = ''] = String(line).trim().split(/[ ,]/)
            const other = { workspace: { source: join(folder, 'workspace') } }
            await untilBeating(other)
            if (state === 'stopped') {
              const namespace = pidNamespaceOf(Number(member))
              for (const pid of findProcesses('guard.mjs'))
                if (
                  pidNamespaceOf(pid) === namespace &&
                  readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1]?.endsWith('guard.mjs')
                )
                  process.kill(pid, 'SIGSTOP')
            }
            supervisor.kill('SIGKILL')
            await expect
              .poll(() => existsSync(`/proc/${member}/ns`) && findProcesses(`# ${title} ${state}`), {
                timeout: 5000,
              })
              .toSatisfy((left) => left === false || (Array.isArray(left) && left.length === 0))
            await expectStopped(other)
            await rm(folder, { recursive: true, force: true })
          },
        )
      })
    },
  )
}

interface HostServer extends AsyncDisposable {
  readonly port: number
}

async function listen(): Promise<HostServer> {
  const server = createServer((_, response) => response.end('hello from the host'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address: AddressInfo | string | null = server.address()
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

interface Beating {
  readonly workspace: { readonly source: string }
}

async function untilBeating(bench: Beating): Promise<void> {
  const path = join(bench.workspace.source, 'beat')
  await rm(path, { force: true })
  await expect.poll(() => existsSync(path), { timeout: 5000 }).toBe(true)
}

/** Nobody writes the heartbeat any more. */
async function expectStopped(bench: Beating): Promise<void> {
  const path = join(bench.workspace.source, 'beat')
  const last = readFileSync(path, 'utf8')
  await sleep(300)
  expect(readFileSync(path, 'utf8')).toBe(last)
}
