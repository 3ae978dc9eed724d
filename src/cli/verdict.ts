import { BenchError } from '../domain/error.ts'
import { overrideVerdict, readVerdicts, writeVerdict } from '../integrity/verdict.ts'
import { operatorName } from '../lib/operator-name.ts'
import { readJournal } from '../run/journal.ts'
import { rebuildResult } from '../run/rebuild-result.ts'

/** Records an operator's verdict and derives the result anew. Returns what the run is now. */
export async function overrideRunVerdict(
  runPath: string,
  override: { readonly set: 'clean' | 'flagged'; readonly as: string; readonly reason: string },
): Promise<string> {
  if ((await readJournal(runPath)).outcome === null)
    throw new BenchError('the run has not finished: its own verdict would come later and stand over yours', {
      code: 'verdict/not_finished',
      kind: 'usage',
      remedy: 'Wait for its end, or stop it with `ptb cancel`.',
    })
  const standing = (await readVerdicts(runPath)).at(-1) ?? null
  const number = await writeVerdict(
    runPath,
    overrideVerdict({
      decision: override.set,
      ...(override.set === 'flagged' ? { what: override.as } : {}),
      justification: override.reason,
      name: operatorName(),
      standing,
    }),
  )
  const { outcome } = await rebuildResult(runPath)
  return `verdict ${number} recorded; the outcome is now ${outcome.reason}`
}
