import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { expect, it } from 'vitest'
import { sharedPath, whyNoShared } from '../../../test/fixtures/shared.ts'
import { benchmarks } from '../../benchmarks/registry.ts'
import { createDataFiles } from '../../data/data-files.ts'
import { renderCompletionBody } from '../../lib/chat-completions.ts'
import { readCatalog } from '../catalog.ts'
import { findLeaf } from '../harness.ts'
import { itemCounts } from '../../domain/protocol.ts'
import { evaluationRequest } from './questions.ts'

const recorded = sharedPath('parity', 'example_requests.json')
const own = sharedPath('data')

it.for(['aime2025', 'bfcl', 'gsm8k', 'humaneval'])(
  'under v1.0, %s sends the bodies that the published evaluation was seen to send',
  async (id, context) => {
    if (recorded === null || own === null) return context.skip(whyNoShared('parity and data'))
    const bodies: Record<string, { messages: unknown }> = JSON.parse(await readFile(recorded, 'utf8'))
    const catalog = await readCatalog()
    const protocol = catalog.protocol('v1.0')
    const benchmark = findLeaf('benchmark', benchmarks, id)
    const { test } = await benchmark.load({
      seed: protocol.itemSeed,
      counts: itemCounts(protocol),
      rules: protocol.scoring,
      data: createDataFiles({
        datasets: () => Promise.resolve(catalog.datasets),
        folders: { own, cache: '/nowhere' },
      }),
    })
    const item = test.find(({ messages }) => isDeepStrictEqual(messages, bodies[id]?.messages))
    if (item === undefined) throw new Error('no item has these messages')
    const body = renderCompletionBody(evaluationRequest(benchmark, protocol, item), 'final_model')
    expect(body).toEqual(bodies[id])
  },
)
