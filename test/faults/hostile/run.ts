/** Plays all cases one after another and prints a line of JSON for each: the process whose memory is measured. */
import { families, whyNot } from './families.ts'
import { playCase } from './play.ts'

export interface Played {
  readonly family: string
  readonly name: string
  readonly problems: readonly string[]
  readonly ms: number
  readonly rssMiB: number
}

/** Only against waiting for ever. */
const patienceMs = 60_000
const owner = process.argv.includes('--owner')
const only = process.argv[2] === '--only' ? process.argv[3] : undefined

for (const family of families) {
  for (const hostile of family.cases) {
    if (whyNot(hostile) !== null) continue
    if ((process.getuid?.() === 0 || owner) && (hostile.as === 'owner') !== owner) continue
    if (only !== undefined && !`${family.name}: ${hostile.name}`.includes(only)) continue
    const started = performance.now()
    const problems = await Promise.race([
      playCase(hostile).catch((error: unknown) => [
        `threw ${error instanceof Error ? error.stack : String(error)}`,
      ]),
      new Promise<string[]>((resolve) => setTimeout(resolve, patienceMs, ['did not end']).unref()),
    ])
    const played: Played = {
      family: family.name,
      name: hostile.name,
      problems,
      ms: Math.round(performance.now() - started),
      rssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    }
    process.stdout.write(`${JSON.stringify(played)}\n`)
  }
}
process.exit()
