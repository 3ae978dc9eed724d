import { userInfo } from 'node:os'
import { overrideVerdict, readVerdicts, writeVerdict } from '../integrity/verdict.ts'
import { rebuildResult } from '../run/rebuild-result.ts'

/** Records an operator's verdict and derives the result anew. Returns what the run is now. */
export async function overrideRunVerdict(
  runPath: string,
  override: { readonly set: 'clean' | 'flagged'; readonly as: string; readonly reason: string },
): Promise<string> {
  const standing = (await readVerdicts(runPath)).at(-1) ?? null
  const number = await writeVerdict(
    runPath,
    overrideVerdict({
      decision: override.set,
      ...(override.set === 'flagged' ? { what: override.as } : {}),
      justification: override.reason,
      name: userInfo().username,
      standing,
    }),
  )
  const { outcome } = await rebuildResult(runPath)
  return `verdict ${number} recorded; the outcome is now ${outcome.reason}`
}
