import type { Trajectory } from '../../src/domain/trajectory.ts'

/** Objects per line, or one over all lines. */
export function readEvents(text: string): readonly unknown[] {
  try {
    return [JSON.parse(text)]
  } catch {
    return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as unknown] : []))
  }
}

/** Names of kinds, which stand in a trajectory as what they mean; so does that an item is in progress. */
const kinds = new Set(['type', 'subtype', 'role', 'delta'])

/** Texts and numbers of the events that stand nowhere in the trajectory. Times may be written otherwise. */
export function findLost(events: readonly unknown[], trajectory: Trajectory): readonly string[] {
  const texts: string[] = []
  const numbers = new Set<number>()
  visit(trajectory, '', (value) => {
    if (typeof value === 'string') texts.push(value)
    if (typeof value === 'number') numbers.add(value)
  })
  const said = texts.join('\n')
  const lost: string[] = []
  visit(events, '', (value, path) => {
    if (kinds.has(path.split('/').at(-1) ?? '') || value === 'in_progress') return
    if (typeof value === 'string' && value !== '' && !said.includes(value)) lost.push(`${path} ${value}`)
    if (typeof value === 'number' && !numbers.has(value) && !isTold(value, said))
      lost.push(`${path} ${value}`)
  })
  return lost
}

function isTold(value: number, said: string): boolean {
  return value > 1e12 && said.includes(new Date(value).toISOString())
}

function visit(value: unknown, path: string, see: (value: unknown, path: string) => void): void {
  see(value, path)
  if (typeof value === 'object' && value !== null)
    for (const [key, one] of Object.entries(value)) visit(one, `${path}/${key}`, see)
}
