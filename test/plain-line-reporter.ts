import type { Reporter, TestModule } from 'vitest/node'

/**
 * Ends every test run with what was skipped and why, and one plain line, whatever the terminal:
 * `N passed, N failed, N skipped`.
 */
export default class PlainLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    const reasons = new Map<string, number>()
    for (const module of modules) {
      if (module.children.size === 0 || module.errors().length > 0) counts.failed += 1
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'pending') continue
        counts[result.state] += 1
        if (result.state !== 'skipped') continue
        // A suite that is skipped as a whole has the reason in its name.
        const reason = result.note ?? (test.parent.type === 'suite' ? test.parent.fullName : test.fullName)
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
      }
    }
    for (const [reason, count] of reasons) process.stdout.write(`${count} skipped: ${reason}\n`)
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
    process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`)
  }
}
