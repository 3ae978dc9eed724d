import { cp, mkdtemp, rm, chmod, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createHarness } from '../../src/cli/harness.ts'
import { itemCounts, protocolSchema } from '../../src/domain/protocol.ts'
import { hashItems } from '../../src/run/items.ts'
import { evaluateCheckpoint, splitEvaluation } from '../../src/run/phases/evaluate.ts'
import { payloadUser } from '../../src/run/sandbox/payload-user.ts'
import { readPythonEnvironment } from '../../src/setup/python.ts'
import { countingBenchmark, countingProtocol } from '../fakes/benchmark.ts'
import { findSandbox } from '../faults/environment/find-sandbox.ts'

const base = fileURLToPath(new URL('../../nano/models/nano-base', import.meta.url))
const forEver = '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}'
const environment = await readPythonEnvironment()

/** The base model with a template of its own, under rules by which that counts. */
async function evaluateWithTemplate(template: string) {
  const { sandbox, flags } = await findSandbox()
  const folder = await mkdtemp(join(tmpdir(), 'ptb-template-'))
  try {
    await chmod(folder, 0o755)
    const modelPath = join(folder, 'model')
    await cp(base, modelPath, { recursive: true })
    await writeFile(join(modelPath, 'chat_template.jinja'), template)
    const protocol = protocolSchema.parse({ ...countingProtocol, chatTemplate: 'own' })
    const items = await countingBenchmark.load({ counts: itemCounts(protocol) })
    const slotUser = process.getuid?.() === 0 ? { uid: 64_200, gid: 64_200 } : null
    const end = await evaluateCheckpoint({
      harness: { ...createHarness(), benchmarks: [countingBenchmark] },
      path: join(folder, 'evaluation'),
      modelPath,
      modelHash: 'm',
      baseModelPath: base,
      benchmark: { id: 'counting', version: 1, itemsHash: hashItems(items) },
      protocol,
      protocolHash: 'p',
      engine: 'transformers',
      sandbox,
      flags,
      user: await payloadUser({ slotUser, flags, python: environment?.python ?? '', paths: [modelPath] }),
      limits: { memoryGiB: 3 },
      fewShot: 0,
      sets: ['test'],
      signal: AbortSignal.timeout(600_000),
    })
    return splitEvaluation(end)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describe('hostile chat templates', { concurrent: true }, () => {
  it.for([
    [
      'loops for ever',
      forEver,
      /^no_model\/does_not_load .*the chat template failed: it used more than 10 s/,
    ],
    [
      'loops for ever at the real questions alone',
      `{% if messages[0].content != 'Hello' %}${forEver}{% endif %}hi`,
      /^no_model\/answers_nothing .*the chat template failed: it used more than 10 s/,
    ],
    [
      'makes 100 MB',
      "{% for i in range(10000) %}{{ 'a' * 10000 }}{% endfor %}",
      /^no_model\/answers_nothing .*the chat template failed: .*100000000 characters/,
    ],
  ] as const)('served by the real engine: one that %s', async ([, template, wanted], { skip }) => {
    if (environment === null) skip('the Python environment is not set up: run `ptb setup`')
    const { loadFailure } = await evaluateWithTemplate(template)
    expect(`${loadFailure?.reason} ${loadFailure?.detail}`).toMatch(wanted)
  })

  it('served by the real engine: one that loops at some of the questions costs these alone', async ({
    skip,
  }) => {
    if (environment === null) skip('the Python environment is not set up: run `ptb setup`')
    const loopsAtOne = `{% if messages[0].content.endswith('test 3') %}${forEver}{% endif %}hi`
    const { metrics } = await evaluateWithTemplate(loopsAtOne)
    expect(metrics?.test).toMatchObject({ items: 8, errors: 1 })
  })
})
