import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readJournal } from '../../../src/run/journal.ts'
import type { Sandbox } from '../../../src/domain/sandbox.ts'
import { putOnSmallDisk, whyNoSmallDisk } from '../environment/small-disk.ts'
import { createLife, type Life, type LifeOptions } from '../../life/rig.ts'
import { once } from 'node:events'

interface AgentFault extends Pick<LifeOptions, 'limits' | 'budgetSeconds'> {
  /** What the agent does. */
  readonly name: string
  /** After it has handed in what scores. */
  readonly attack: string
  /** Why not here: what it does would hit others as well. */
  readonly onlyIfIsolated?: boolean
}

/** What it takes to crash whoever watches an agent: had it worked, the agent would get another try. */
export const agentFaults: readonly AgentFault[] = [
  { name: 'kills its guard', attack: 'kill -9 $PPID; sleep 1' },
  { name: 'stops its guard', attack: 'kill -STOP $PPID; while :; do sleep 1; done', budgetSeconds: 4 },
  { name: 'kills whatever it sees', attack: 'kill -9 -1; sleep 1', onlyIfIsolated: true },
  { name: 'kills itself', attack: 'kill -9 $$' },
  { name: 'closes its output', attack: 'exec >&- 2>&-; sleep 1' },
  { name: 'removes its workspace', attack: 'find "$HOME" -mindepth 1 -not -path "*/final_model*" -delete' },
  {
    name: 'eats its memory',
    limits: { memoryGiB: 0.25 },
    attack: 'python3 -c "import time; x = bytearray(b\'x\') * (600 << 20); time.sleep(5)"',
  },
  {
    name: 'fills its disk',
    limits: { diskGiB: 0.05 },
    attack: 'while :; do head -c 20M /dev/zero >> big; sleep 0.2; done',
  },
  {
    name: 'forks without end',
    limits: { pids: 64 },
    budgetSeconds: 5,
    attack:
      'python3 -c "\nimport os, time\nwhile True:\n  try:\n    os.fork()\n  except OSError:\n    time.sleep(0.1)\n"',
  },
  { name: 'floods its output', limits: { outputMiB: 1 }, attack: 'head -c 20M /dev/zero; yes | head -c 20M' },
  {
    name: 'talks nonsense to its supervisor',
    attack: `python3 - "$(sed -n 's/.*mjs" "\\([^"]*\\)".*/\\1/p' timer)" <<'EOF'
import socket, sys
def talk(data):
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(0.5)
    try:
        line.connect(sys.argv[1])
        line.sendall(data)
        line.recv(100)
    except OSError:
        pass
    return line
def post(path, body, length=None):
    return talk(b'POST %s HTTP/1.1\\r\\nhost: x\\r\\ncontent-length: %d\\r\\n\\r\\n' % (path, length or len(body)) + body)
talk(b'\\0' * 100000)
talk(b'GET /timer HTTP/1.1\\r\\nhost: x\\r\\n' + b'x: y\\r\\n' * 100000 + b'\\r\\n')
post(b'/evaluations', b'[' * 100000)
post(b'/evaluations', b'[' * 90000000)
post(b'/evaluations', b'{"model":"m","modelPath":"m","port":1e9}')
post(b'/evaluations/999999999/outputs', b'{"outputs":[]}')
post(b'/evaluations', b'{}', 10 ** 15)
kept = [talk(b'POST / HTTP/1.1\\r\\n') for _ in range(3)] + [socket.socket(socket.AF_UNIX) for _ in range(300)]
for line in kept[3:]:
    line.connect(sys.argv[1])
EOF`,
  },
]

/** Faults within the agent's reach are the agent's: what it had handed in counts, and there is no second try. */
export function describeAgentFaults(sandboxes: readonly Sandbox[], faults: readonly AgentFault[]): void {
  describe('agents that break things', { concurrent: true, timeout: 120_000 }, () => {
    for (const sandbox of sandboxes) {
      it.for(faults)(`$name, in ${sandbox.id}`, async (fault, { skip }) => {
        const { available, detail, flags } = await sandbox.probe()
        if (!available) skip(detail)
        if (fault.onlyIfIsolated === true && !flags.isolatesProcesses)
          skip('it would hit processes of others here')
        const { name: _name, attack, onlyIfIsolated: _only, ...rest } = fault
        const solve = `echo started; save true true; ${attack}`
        await using life = await createLife({ sandbox: sandbox.id, solve, infraRetries: 2, ...rest })
        await life.work()
        await expectOneTry(life)
        expect((await life.result()).outcome.reason).toMatch(/^scored/)
      })

      it(`fills the disk on which its own record is written, in ${sandbox.id}`, async ({ skip }) => {
        const { available, detail } = await sandbox.probe()
        if (!available) skip(detail)
        const reason = await whyNoSmallDisk()
        if (reason !== null) skip(reason)
        const solve =
          'echo started; save true true; ./timer; head -c 100M /dev/zero > big; while :; do echo more; sleep 0.1; done'
        await using life = await createLife({ sandbox: sandbox.id, solve, infraRetries: 2 })
        await using disk = await putOnSmallDisk(life)
        const leaveSome = `
          used=$(($(df --output=used -k ${life.runPath} | tail -n1)))
          mount -o remount,size=$((used + 40000))k ${life.runPath}`
        const worker = life.startWorker({
          PTB_TEST_KILL: 'supervise:after:supervisor_started',
          PTB_TEST_MARK: join(life.runPath, '..', 'filled'),
          PTB_TEST_DO: leaveSome,
        })
        await once(worker, 'exit')
        await disk.free()
        await life.work()
        await expectOneTry(life)
        expect(await life.result()).toMatchObject({
          outcome: { reason: 'scored/disk_full' },
          resources: { exceeded: ['diskGiB'] },
        })
      })
    }
  })
}

async function expectOneTry(life: Life): Promise<void> {
  const { attempts, outcome } = await readJournal(life.runPath)
  expect(attempts.map(({ ended }) => ended?.outcome?.reason ?? null)).toEqual([null])
  expect(outcome).not.toBeNull()
  expect((await life.agentLog(1)).match(/ out started$/gm)).toHaveLength(1)
}
