import { expect, test } from 'vitest'
import { nanoTools } from './index.ts'

test('training shows 14 functions, the test 18, one item in six of the other four', async () => {
  const { train, test: tested } = await nanoTools.load({
    seed: 1,
    counts: { train: 3000, test: 300, shadow: 0 },
  })
  const trained = new Set(train.map(({ metadata }) => metadata?.['function']))
  const offered = new Set(train.flatMap(({ tools }) => tools?.map((tool) => tool.function.name) ?? []))
  expect(trained.size).toBe(14)
  expect(offered).toEqual(trained)
  expect(new Set(tested.map(({ metadata }) => metadata?.['function'])).size).toBe(18)
  const unseen = tested.filter(({ metadata }) => !trained.has(metadata?.['function']))
  expect(unseen).toHaveLength(50)
  expect(new Set(unseen.map(({ metadata }) => metadata?.['function']))).toEqual(
    new Set(['get_news', 'set_heat', 'buy_ticket', 'lend_item']),
  )
})

test('offers two or three functions, the wanted one among them in every place', async () => {
  const { test: tested } = await nanoTools.load({ seed: 2, counts: { train: 0, test: 300, shadow: 0 } })
  const places = new Set<string>()
  for (const { tools = [], metadata } of tested) {
    const names = tools.map((tool) => tool.function.name)
    expect(new Set(names).size).toBe(names.length)
    places.add(`${names.findIndex((name) => name === metadata?.['function'])} of ${names.length}`)
  }
  expect([...places].toSorted()).toEqual(['0 of 2', '0 of 3', '1 of 2', '1 of 3', '2 of 3'])
})

test('the right call uses the declared parameters and types, and every value stands in the request', async () => {
  const { train } = await nanoTools.load({ seed: 3, counts: { train: 3000, test: 0, shadow: 0 } })
  for (const { messages, tools = [], target } of train) {
    const call: { name: string; arguments: Record<string, unknown> } = JSON.parse(target)
    const wanted = tools.find((tool) => tool.function.name === call.name)
    const types = Object.entries(call.arguments).map(([name, value]) => [
      name,
      Number.isInteger(value) ? 'integer' : typeof value,
    ])
    expect(Object.fromEntries(types)).toEqual(wanted?.function.parameters)
    for (const value of Object.values(call.arguments)) expect(messages[0]?.content).toContain(String(value))
    expect(messages[0]?.content).not.toMatch(/[{}]/)
  }
})
