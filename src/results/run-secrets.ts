import * as z from 'zod'
import { canaryForms } from '../integrity/canary-forms.ts'
import { inertText } from '../lib/inert-text.ts'
import { readJsonl } from '../lib/jsonl.ts'
import { runLayout } from '../run/layout.ts'
import { preparedSchema } from '../run/prepared.ts'

/** Whichever worker wrote it: also what an outdated one handed to its agent stays secret. */
const receiptSchema = z.object({ type: z.literal('receipt'), data: preparedSchema.pick({ canary: true }) })

/**
 * What stood in the environment of a run's agents for their eyes only, in every form and part that the detectors know it
 * by. Throws when the journal cannot be read: what is not known cannot be hidden.
 */
export async function readRunSecrets(runPath: string): Promise<string[]> {
  const { lines } = await readJsonl(runLayout(runPath).journal)
  const canaries = lines.flatMap(({ value }) => {
    const parsed = receiptSchema.safeParse(value)
    return parsed.success ? [parsed.data.data.canary] : []
  })
  const forms = canaries.flatMap((canary) => canaryForms(canary).map(({ bytes }) => bytes.toString('utf8')))
  // as they look once they are inert
  return [...new Set(forms.map(inertText))]
}
