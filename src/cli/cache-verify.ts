import type { Fault } from '../data/cache-entry.ts'
import { exitCodes } from '../domain/error.ts'
import { inertLine } from '../lib/inert-text.ts'
import { selectEntries, type Selection } from './cache-entries.ts'
import { paint, usesColour } from './render.ts'

/** Prints what is whole and what is broken; exit code 3 when anything is. */
export async function verifyCache(options: Selection & { readonly json: boolean }): Promise<void> {
  const { entries, named } = await selectEntries(options)
  const ink = paint(usesColour(process.stdout) && !options.json)
  const results: { id: string; state: 'whole' | 'broken' | 'not here'; faults: readonly Fault[] }[] = []
  for (const entry of entries) {
    const { status } = await entry.state()
    const isHere = status === 'here' || status === 'own'
    const faults = isHere ? await entry.verify() : []
    const state = !isHere ? 'not here' : faults.length > 0 ? 'broken' : 'whole'
    results.push({ id: entry.id, state, faults })
    if (options.json || (state === 'not here' && !named)) continue
    console.log(
      `${ink(state === 'broken' ? 'red' : state === 'whole' ? 'green' : 'dim', state)}  ${entry.id}`,
    )
    for (const { path, problem, remedy } of faults)
      console.log(inertLine(`  ${path}: ${problem}`) + `\n  to fix: ${inertLine(remedy)}`)
  }
  if (options.json) console.log(JSON.stringify({ results }, null, 2))
  else if (results.every(({ state }) => state === 'not here')) console.log('nothing of it is here')
  if (results.some(({ state }) => state === 'broken')) process.exitCode = exitCodes.environment
}
