import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Benchmark } from '../../domain/benchmark.ts'
import { countingBenchmark, countingProtocol } from '../../../test/fakes/benchmark.ts'
import { createFakeHarness } from '../../../test/fakes/harness.ts'
import { writeBase } from '../../../test/life/rig.ts'
import { bestSubject, noPython } from '../../../test/programs/rig.ts'
import { payloadUser } from '../../../test/sandboxes/bench.ts'
import { hashItems, loadItems } from '../items.ts'
import { evaluateCheckpoint } from '../phases/evaluate.ts'

/** The answer is a number, and executed. */
const executing: Benchmark = {
  ...countingBenchmark,
  needs: ['programs'],
  async score({ target }, { text }, { programs }) {
    const { passed } = await programs.check({
      source: `def f(): return ${text}`,
      entryPoint: 'f',
      tests: `assert candidate() == ${target}`,
      timeoutMs: 20_000,
    })
    const { exitCode } = await programs.run({ source: `raise SystemExit(${text})`, timeoutMs: 20_000 })
    return { value: passed && String(exitCode) === target ? 1 : 0, answer: text }
  },
}

test("a benchmark's programs are run in the sandbox of the evaluation, and it is written down how", async (context) => {
  if (noPython !== null) return context.skip(noPython)
  const folder = await mkdtemp(join(tmpdir(), 'ptb-programs-'))
  const modelPath = join(folder, 'model')
  await mkdir(modelPath)
  await writeBase(modelPath)
  await writeFile(join(modelPath, 'config.json'), '{"loads":true,"answers":true}')
  const { sandbox, flags } = await bestSubject()
  const harness = { ...createFakeHarness(folder), benchmarks: [executing] }
  const items = await loadItems(harness, executing, countingProtocol)
  const path = join(folder, 'evaluation')
  const metrics = await evaluateCheckpoint({
    harness,
    path,
    modelPath,
    modelHash: 'm',
    baseModelPath: modelPath,
    benchmark: { id: executing.id, version: 1, itemsHash: hashItems(items) },
    protocol: { ...countingProtocol, chatTemplate: 'own', probeItems: 0 },
    protocolHash: 'p',
    engine: 'echo',
    sandbox,
    flags,
    user: payloadUser,
    limits: { cpus: 2 },
    fewShot: 0,
    sets: ['test'],
    signal: new AbortController().signal,
  })
  expect(metrics).toMatchObject({ test: { accuracy: 1, items: 8 } })
  expect(JSON.parse(await readFile(join(path, 'programs.json'), 'utf8'))).toMatchObject({
    sandbox: sandbox.id,
    isolated: flags.isolatesFiles,
    python: expect.stringMatching(/^3\.\d+\.\d+$/),
  })
  await rm(folder, { recursive: true })
})
