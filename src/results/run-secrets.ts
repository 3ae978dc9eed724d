import * as z from 'zod'
import { canaryForms } from '../integrity/canary-forms.ts'
import { inertText } from '../lib/inert-text.ts'
import { readJsonl } from '../lib/jsonl.ts'
import { createRedactor, minSecretBytes } from '../lib/redact.ts'
import { runLayout } from '../run/layout.ts'
import { listOperatorSecrets } from '../run/operator-secrets.ts'
import { preparedSchema } from '../run/prepared.ts'

const marker = '[hidden: secret of the run]'

/** Whichever worker wrote it: also what an outdated one handed to its agent stays secret. */
const receiptSchema = z.object({ type: z.literal('receipt'), data: preparedSchema.pick({ canary: true }) })

/**
 * Hides, in text that is inert, what stood in the environment of a run's agents for their eyes only, in every form and part
 * that the detectors know it by, and the keys of whoever publishes it. Throws when the journal cannot be read: what is not
 * known cannot be hidden.
 */
export async function readRunRedaction(
  runPath: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<(text: string) => string> {
  const { lines } = await readJsonl(runLayout(runPath).journal)
  const canaries = lines.flatMap(({ value }) => {
    const parsed = receiptSchema.safeParse(value)
    return parsed.success ? [parsed.data.data.canary] : []
  })
  const whole = canaries.filter((canary) => Buffer.byteLength(canary) >= minSecretBytes)
  const { redact } = createRedactor([...whole, ...listOperatorSecrets(env)], { marker })
  const forms = canaries.flatMap((canary) => canaryForms(canary).map(({ bytes }) => bytes.toString('utf8')))
  // as they look once they are inert
  const parts = [...new Set(forms.map(inertText))]
  return (text) => parts.reduce((hidden, part) => hidden.replaceAll(part, marker), redact(text))
}
