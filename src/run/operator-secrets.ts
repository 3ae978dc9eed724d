import { createRedactor, minSecretBytes, type Redactor } from '../lib/redact.ts'

const secretName = /(?:^|_)(?:API_?KEY|ACCESS_KEY|SECRET|SECRET_KEY|TOKEN|PASSWORD)$/iu

/**
 * The keys that the harness itself was started with, by the names that such variables have. What is short is a setting and
 * no key. Variables of ours are none either: a run's canary has to be found where an agent printed it.
 */
export function listOperatorSecrets(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([name, value = '']) =>
    secretName.test(name) && !name.startsWith('PTB_') && Buffer.byteLength(value) >= minSecretBytes
      ? [value]
      : [],
  )
}

export function createOperatorRedactor(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Redactor {
  return createRedactor(listOperatorSecrets(env))
}
