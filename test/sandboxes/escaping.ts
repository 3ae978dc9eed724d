import { randomBytes } from 'node:crypto'
import { chownSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, type TestContext } from 'vitest'
import { hashFolder } from '../../src/lib/hash.ts'
import { bootTimeMs } from '../../src/lib/process.ts'
import { payloadUser, until } from './bench.ts'
import {
  escapeLock,
  escapeMark,
  escapes,
  escapesTogether,
  readReplies,
  renderEscapes,
  weightsOffset,
  type Escape,
} from './escapes.ts'
import type { Rig } from './rig.ts'
import { createWitness } from './witness.ts'

const graceMs = 500
/** Everything is dead so long after the grace; and this machine may be busy with other things. */
const deadWithinMs = 5000
const noiseMs = 5000

/** The escapes: at once, or also each by itself, and that nothing has changed `quietMs` later. */
export function describeEscapes(
  rig: Rig,
  options: { readonly each: boolean; readonly quietMs: number },
): void {
  describe('escapes', { concurrent: false }, () => {
    const ended: Ended[] = []
    const alone = options.each ? escapes : escapes.filter((escape) => !escapesTogether.includes(escape))
    const cases = [
      { name: 'all at once come to an end', chosen: escapesTogether },
      ...alone.map((escape) => ({ name: `${escape.name} comes to an end`, chosen: [escape] })),
    ]

    test.for(cases)('$name', async ({ chosen }, context) => {
      const end = await endEscapes(rig, chosen, context)
      ended.push(end)
      expect(end.seen).toBeGreaterThan(chosen.length)
      expect(end.facts).toEqual(end.promised)
    })

    test('have changed nothing a while later', { timeout: options.quietMs + 30_000 }, async () => {
      await sleep(options.quietMs)
      const now = await Promise.all(ended.map(async ({ folder }) => (await hashFolder(folder)).hash))
      expect(now).toEqual(ended.map(({ hash }) => hash))
      expect(now).not.toEqual([])
    })
  })
}

interface Ended {
  /** The submission, after everything was proven dead. */
  readonly folder: string
  readonly hash: string
  /** How many processes the witness knew. */
  readonly seen: number
  readonly facts: EndFacts
  readonly promised: EndFacts
}

interface EndFacts {
  readonly proven: boolean
  readonly left: readonly number[]
  /** Who was alive, as the witness says; of no account where nothing was proven. */
  readonly survivors: readonly string[]
  readonly inTime: boolean
}

async function endEscapes(rig: Rig, chosen: readonly Escape[], context: TestContext): Promise<Ended> {
  const id = randomBytes(4).toString('hex')
  const folder = join(rig.bench.workspace.source, id)
  await makeSubmission(folder)
  const needsLimit = chosen.some(({ needsPidsLimit }) => needsPidsLimit)
  // A fork bomb waits until it is known that something holds it.
  const script = `cd ${id}; until [ -e go ]; do sleep 0.05; done\n${renderEscapes(chosen)}\nwhile :; do sleep 1; done`
  await using run = await rig.shell(script, {
    env: { PATH: '/usr/bin:/bin', [escapeMark]: id },
    graceMs,
    ...(needsLimit ? { limits: { pids: 128 } } : {}),
  })
  const holder = run.process.limits.holders.pids
  if (needsLimit && holder !== 'kernel' && holder !== 'sandbox') {
    await run.process.proveDead(deadWithinMs)
    context.skip(`${rig.title}: the number of processes is only ${holder} here`)
  }
  await writeFile(join(folder, 'go'), '')

  await until(() => readReplies(run.stdout()).size === chosen.length, 20_000)
  const refused = [...readReplies(run.stdout()).values()].filter((why) => why !== null)
  if (refused.length === chosen.length) {
    await run.process.proveDead(deadWithinMs)
    context.skip(`${rig.title}: ${refused[0]}`)
  }
  using witness = createWitness(`${escapeMark}=${id}`, join(folder, escapeLock))
  const seen = witness.look().length

  const before = bootTimeMs()
  await run.process.terminate(graceMs)
  await run.process.kill()
  const { proven, left } = await run.process.proveDead(deadWithinMs + noiseMs)
  const tookMs = bootTimeMs() - before
  const survivors = witness.survivors()
  witness.killSurvivors()
  const submission = join(folder, 'final_model')
  return {
    folder: submission,
    hash: (await hashFolder(submission)).hash,
    seen,
    facts: {
      proven,
      left,
      survivors: proven ? survivors : [],
      inTime: tookMs < graceMs + deadWithinMs + noiseMs,
    },
    promised: { proven: rig.provable(run), left: [], survivors: [], inTime: true },
  }
}

/** A submission with weights that the escapes can write into. */
async function makeSubmission(folder: string): Promise<void> {
  await mkdir(join(folder, 'final_model'), { recursive: true })
  const weights = join(folder, 'final_model', 'model.safetensors')
  await writeFile(weights, Buffer.alloc(weightsOffset + 16))
  if (payloadUser === null) return
  for (const path of [folder, join(folder, 'final_model'), weights])
    chownSync(path, payloadUser.uid, payloadUser.gid)
}
