import { writeFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** One way to do harm, or one misfortune: a test. */
interface FaultCase {
  readonly family: string
  readonly name: string
  readonly file: string
  readonly end: 'survived' | 'failed' | 'skipped'
  /** Why it failed, or was skipped. */
  readonly why?: string
}

/**
 * Sums up the tests of faults: a line per family, which is the outermost `describe` of a test, and with
 * `PTB_FAULTS_JSON=FILE` all cases in a file.
 */
export default class FaultsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const cases = modules.flatMap((module) => [...module.children.allTests()].flatMap(readCase))
    const families = [...Map.groupBy(cases, ({ family }) => family)].map(([family, members]) => ({
      family,
      cases: members.length,
      survived: count(members, 'survived'),
      failed: count(members, 'failed'),
      skipped: count(members, 'skipped'),
    }))
    const width = Math.max(...families.map(({ family }) => family.length))
    for (const { family, cases: all, survived, failed, skipped } of families) {
      const rest = `${failed > 0 ? `  ${failed} FAILED` : ''}${skipped > 0 ? `  ${skipped} skipped` : ''}`
      const counts = `${String(all).padStart(4)} cases  ${String(survived).padStart(4)} survived`
      process.stdout.write(`${family.padEnd(width)}  ${counts}${rest}\n`)
    }
    const path = process.env['PTB_FAULTS_JSON']
    if (path !== undefined) writeFileSync(path, `${JSON.stringify({ families, cases }, null, 2)}\n`)
  }
}

function readCase(test: TestCase): FaultCase[] {
  const result = test.result()
  if (result.state === 'pending') return []
  const names = [...suiteNames(test), test.name]
  const known = {
    family: names[0] ?? '',
    name: names.slice(1).join(' › ') || test.name,
    file: test.module.relativeModuleId,
  }
  if (result.state === 'passed') return [{ ...known, end: 'survived' }]
  if (result.state === 'skipped') return [{ ...known, end: 'skipped', why: result.note ?? 'see its family' }]
  return [{ ...known, end: 'failed', why: result.errors.map(({ message }) => message).join('\n') }]
}

/** From the outermost on. */
function suiteNames(test: TestCase): string[] {
  const names: string[] = []
  for (let suite = test.parent; suite.type === 'suite'; suite = suite.parent) names.unshift(suite.name)
  return names
}

function count(cases: readonly FaultCase[], end: FaultCase['end']): number {
  return cases.filter((one) => one.end === end).length
}
